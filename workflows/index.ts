/** What a worker registers. The names are the workflow types that users start. */
export { alpaca } from './alpaca/alpaca.ts';
export { dedupe } from './dedupe/dedupe.ts';
export { evaluate } from './evaluate/evaluate.ts';
export { generate } from './generate/generate.ts';
export { rate } from './rate/rate.ts';
export { rater } from './rate/rater.ts';
export { rateLimit } from './rate-limit/rate-limit.ts';
export { release } from './release/release.ts';
export { sample } from './sample/sample.ts';
export { tokenize } from './tokenize/tokenize.ts';
export { train } from './train/train.ts';
