import { availableParallelism } from 'node:os';
import { unwatched } from '../../activities/attempt.ts';
import { decideByCosine } from '../../activities/dedupe/embedding/decide-by-cosine.ts';
import { PhiloxStream } from '../../activities/philox.ts';

/** `node measure-embedding.ts ROWS DIMENSIONS`: decides by cosine on made vectors, and prints what it measured. */

export interface EmbeddingMeasurement {
  dimensions: number;
  rejected: number;
  seconds: number;
  /** a term is one multiplication and addition; of all pairs of rows */
  billionTermsPerSecond: number;
  /** of a plain loop in one thread of JavaScript, on a sample of the same pairs */
  plainBillionTermsPerSecond: number;
  peakMemoryMegabytes: number;
  cores: number;
}

const NEAR_EVERY = 20;
const NOISE_OF_NEAR = 0.3;
const PLAIN_ROWS = 1000;

const [rows = 0, dimensions = 0] = process.argv.slice(2).map(Number);
const vectors = unitVectors();
const started = performance.now();
const { resembles } = await decideByCosine(
  { vectors, dimensions },
  { against: 0, threshold: 0.9 },
  unwatched,
);
const seconds = (performance.now() - started) / 1000;
const measurement: EmbeddingMeasurement = {
  dimensions,
  rejected: resembles.filter((text) => text !== -1).length,
  seconds: rounded(seconds),
  billionTermsPerSecond: rounded((((rows * (rows - 1)) / 2) * dimensions) / seconds / 1e9),
  plainBillionTermsPerSecond: rounded(plainRate()),
  peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1000),
  cores: availableParallelism(),
};
console.log(JSON.stringify(measurement));

/** Even draws around zero, every twentieth row near the one before it. */
function unitVectors(): Float32Array<SharedArrayBuffer> {
  const random = new PhiloxStream(1, 'initialize', 0);
  const made = new Float32Array(new SharedArrayBuffer(4 * rows * dimensions));
  for (let row = 0; row < rows; row += 1) {
    const start = row * dimensions;
    const near = row % NEAR_EVERY === NEAR_EVERY - 1;
    const size = near ? NOISE_OF_NEAR / Math.sqrt(dimensions / 3) : 1;
    let squares = 0;
    for (let at = start; at < start + dimensions; at += 1) {
      const value = (2 * random.nextUniform() - 1) * size + (near ? (made[at - dimensions] ?? 0) : 0);
      made[at] = value;
      squares += value * value;
    }
    for (let at = start; at < start + dimensions; at += 1) made[at] = (made[at] ?? 0) / Math.sqrt(squares);
  }
  return made;
}

function plainRate(): number {
  const sample = Math.min(rows, PLAIN_ROWS);
  const begun = performance.now();
  let above = 0;
  for (let row = 0; row < sample; row += 1)
    for (let earlier = 0; earlier < row; earlier += 1) if (plainCosine(row, earlier) > 0.9) above += 1;
  const terms = ((sample * (sample - 1)) / 2) * dimensions;
  if (above > sample) throw new Error('more rows near than were made');
  return terms / (performance.now() - begun) / 1e6;
}

function plainCosine(row: number, earlier: number): number {
  let sum = 0;
  const [a, b] = [row * dimensions, earlier * dimensions];
  for (let at = 0; at < dimensions; at += 1) sum += (vectors[a + at] ?? 0) * (vectors[b + at] ?? 0);
  return sum;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
