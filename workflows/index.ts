/** What a worker registers. The names are the workflow types that users start. */
export { alpaca } from './alpaca/alpaca.ts';
export { dedupe } from './dedupe/dedupe.ts';
export { evaluate } from './evaluate/evaluate.ts';
export { generate } from './generate/generate.ts';
export { rate } from './rate/rate.ts';
export { rater } from './rate/rater.ts';
export { rateLimit } from './rate-limit/rate-limit.ts';
export { release, sample, tokenize } from './steps.ts';
export { train } from './train/train.ts';
