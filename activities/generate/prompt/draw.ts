import { AlpacaError } from '../../errors.ts';
import { philox } from '../../philox.ts';

/** Keeps these draws apart from every other use of the run seed: the letters "draw". */
const PURPOSE = 0x64726177;

/**
 * Which seed tasks a prompt shows: `count` distinct indices below `available`, in the order shown. A
 * function of its arguments alone, so any prompt of a run can be made again at any time, in any order.
 *
 * @param prompt the prompt's number within its request, from 0
 * @throws AlpacaError InvalidInput where there are fewer seed tasks than a prompt shows
 */
export function drawSeedTasks(
  runSeed: number,
  request: number,
  prompt: number,
  count: number,
  available: number,
): number[] {
  if (count > available) {
    throw new AlpacaError(
      'InvalidInput',
      `A prompt shows ${count} seed tasks (seedTasksPerPrompt), but there are only ${available}.`,
      { remedy: 'Lower seedTasksPerPrompt or give more seed tasks.' },
    );
  }
  return drawDistinct({ runSeed, request, prompt, stream: 0 }, count, available);
}

/** What a draw is a function of. */
export interface DrawPlace {
  runSeed: number;
  request: number;
  /** the prompt's number within its request, from 0 */
  prompt: number;
  /** draws of one prompt for different things have different streams; the seed tasks of Alpaca's prompts have 0 */
  stream: number;
}

/** `count` distinct indices below `available`, in the order drawn; `count` is `available` at the most. */
export function drawDistinct(
  { runSeed, request, prompt, stream }: DrawPlace,
  count: number,
  available: number,
): number[] {
  // Words at and above the largest multiple of `available` are thrown away, so that no index is favoured.
  const limit = 2 ** 32 - (2 ** 32 % available);
  const words = new Uint32Array(4);
  const drawn: number[] = [];
  for (let block = 0; drawn.length < count; block += 1) {
    words.set([block, prompt, request, stream]);
    philox(words, runSeed, PURPOSE);
    for (const word of words) {
      const index = word % available;
      if (word < limit && drawn.length < count && !drawn.includes(index)) drawn.push(index);
    }
  }
  return drawn;
}
