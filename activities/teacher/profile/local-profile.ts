import { AlpacaError } from '../../errors.ts';
import { type ProfileFields, profileFields } from './profile-fields.ts';

/** The profile of a language model that this machine computes itself, free and without a network. */
export const LOCAL_TEACHER = 'local';
/** Its model, by the short name that the command line has for it. */
export const LOCAL_MODEL = 'smollm2-135m';

/** What it is made of: a GGUF file for llama.cpp, and the folder of the same model, whose tokenizer makes the prompts. */
export interface LocalModel {
  /** as requests name it */
  name: string;
  gguf: string;
  folder: string;
  /** the path of node-llama-cpp's module */
  library: string;
}

/**
 * It goes on with the list that the prompt begins, as the original's teacher did.
 *
 * @param url where it listens
 * @throws AlpacaError Configuration where it does not
 */
export function localFields(url: string | undefined): ProfileFields {
  if (url !== undefined)
    return profileFields.parse({
      ...{ baseUrl: url, model: LOCAL_MODEL, style: 'completions', concurrency: 4, timeoutMs: 300_000 },
      ...{ supportsLogitBias: false, supportsPromptList: false },
      price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
    });
  throw new AlpacaError('Configuration', 'The local teacher is not running here.', {
    remedy:
      'Start the environment with it: `npm start -- --teacher local`, or `npm run up -- --teacher local`; one that stands is ended by `npx alpaca down`.',
  });
}
