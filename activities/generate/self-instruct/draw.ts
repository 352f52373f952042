import { AlpacaError } from '../../errors.ts';
import { type DrawPlace, drawDistinct } from '../prompt/draw.ts';

/** Instructions that a prompt shows in all, and how many of them are machine-made where there are so many (the original's 8 and 2). */
export const SHOWN_INSTRUCTIONS = 8;
const SHOWN_OF_MACHINES = 2;

const STREAMS = { humans: 1, machines: 2, order: 3 };

/**
 * The instructions that a prompt shows, in order: up to two of the machine-made ones, people's for the rest, mixed. A
 * function of its arguments alone.
 *
 * @param humans the seed tasks' instructions
 * @param machines the accepted instructions that the request may see
 * @throws AlpacaError InvalidInput where there are too few of people's
 */
export function drawShownInstructions(
  place: Omit<DrawPlace, 'stream'>,
  humans: readonly string[],
  machines: readonly string[],
): string[] {
  if (humans.length < SHOWN_INSTRUCTIONS) {
    throw new AlpacaError(
      'InvalidInput',
      `A prompt of Self-Instruct shows ${SHOWN_INSTRUCTIONS} instructions, but there are only ${humans.length} seed tasks.`,
      { remedy: 'Give more seed tasks.' },
    );
  }
  const ofMachines = Math.min(SHOWN_OF_MACHINES, machines.length);
  const draw = (stream: keyof typeof STREAMS, from: readonly string[], count: number) =>
    drawDistinct({ ...place, stream: STREAMS[stream] }, count, from.length).flatMap((at) => from[at] ?? []);
  const shown = [
    ...draw('machines', machines, ofMachines),
    ...draw('humans', humans, SHOWN_INSTRUCTIONS - ofMachines),
  ];
  return draw('order', shown, shown.length);
}
