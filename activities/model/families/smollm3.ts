import { type ConfigFile, unsupported } from '../folder/config-file.ts';
import {
  type FamilyDeclaration,
  LLAMA_GGUF,
  lacksBiases,
  layersOf,
  llamaBiases,
  llamaBiasFields,
  slidingWindow,
  windowFields,
} from './family.ts';

/** SmolLM3: every fourth layer has no rotary embedding; only such layers may have a window. */
export const smollm3: FamilyDeclaration = {
  architecture: 'SmolLM3ForCausalLM',
  defaults: { num_key_value_heads: 4, rope_theta: 2e6, tie_word_embeddings: true },
  variant(file, path) {
    const unturnedLayers = unturnedIn(file, path);
    const uses = file.use_sliding_window === true && file.sliding_window != null;
    const window = slidingWindow(file, path, (layer) => uses && unturnedLayers.includes(layer));
    return { ...llamaBiases(file), unturnedLayers, window };
  },
  fields: (architecture) => ({
    ...llamaBiasFields(architecture),
    ...windowFields(architecture),
    no_rope_layers: Array.from({ length: architecture.layers }, (_, layer) =>
      architecture.unturnedLayers.includes(layer) ? 0 : 1,
    ),
  }),
  gguf: {
    ...LLAMA_GGUF,
    architecture: 'smollm3',
    takesRopeTable: false,
    fields: () => ({}),
    lacks: (architecture) =>
      lacksBiases(architecture) ??
      (architecture.unturnedLayers.join() === everyNth(architecture.layers, STEP).join()
        ? null
        : `layers without rotary embeddings that are not every ${STEP}th`),
  },
};

/** llama.cpp knows no other. */
const STEP = 4;

/** `no_rope_layers` has a 0 for a layer that has none. */
function unturnedIn(file: ConfigFile, path: string): number[] {
  const { no_rope_layers: turned, no_rope_layer_interval: step = STEP, num_hidden_layers: layers } = file;
  if (turned == null) return everyNth(layers, step);
  if (turned.length < layers)
    throw unsupported(path, 'no_rope_layers', turned, `one number for each of the ${layers} layers`);
  return layersOf(file).filter((layer) => turned[layer] === 0);
}

function everyNth(layers: number, step: number): number[] {
  return Array.from({ length: Math.floor(layers / step) }, (_, i) => (i + 1) * step - 1);
}
