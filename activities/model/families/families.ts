import { type ConfigFile, refused } from '../folder/config-file.ts';
import type { FamilyDeclaration } from './family.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { olmo2 } from './olmo2.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';
import { whatIsMissing } from './unsupported.ts';

/** The families that are computed here, by config.json's `model_type`. */
const families = { llama, mistral, qwen2, qwen3, smollm3, granite, olmo2 };

export type Family = keyof typeof families;
export const FAMILIES: Readonly<Record<Family, FamilyDeclaration>> = families;

const NAMES = Object.keys(families) as Family[];

/** @throws AlpacaError InvalidInput for any other architecture, naming it and what it would take */
export function familyOf(file: Pick<ConfigFile, 'architectures' | 'model_type'>, path: string): Family {
  const architecture = file.architectures?.[0];
  const family = NAMES.find((name) =>
    architecture === undefined ? name === file.model_type : FAMILIES[name].architecture === architecture,
  );
  if (family && file.model_type !== undefined && file.model_type !== family) {
    throw refused(
      path,
      `model_type is "${file.model_type}", and architectures names ${architecture}`,
      `Expected model_type "${family}": transformers goes by it.`,
    );
  }
  if (family) return family;
  const missing = whatIsMissing(architecture ?? file.model_type ?? '');
  throw refused(
    path,
    `the architecture ${architecture ?? file.model_type ?? '(none named)'} is not supported${missing === null ? '' : `: it has ${missing}`}`,
    `Supported are ${NAMES.map((name) => FAMILIES[name].architecture).join(', ')}.`,
  );
}

/** The family that llama.cpp's name of an architecture is read as; null for one that is not read. */
export function familyOfGguf(architecture: string): Family | null {
  return NAMES.find((name) => FAMILIES[name].gguf.architecture === architecture) ?? null;
}

/** The architectures of llama.cpp that are read. */
export const GGUF_ARCHITECTURES = [...new Set(NAMES.map((name) => FAMILIES[name].gguf.architecture))];
