/** What a worker registers. The names are the workflow types that users start. */
export { alpaca } from './alpaca.ts';
export { dedupe } from './dedupe.ts';
export { evaluate } from './evaluate.ts';
export { generate } from './generate.ts';
export { rate } from './rate.ts';
export { rateLimit } from './rate-limit.ts';
export { rater } from './rater.ts';
export { release, sample, tokenize } from './steps.ts';
export { train } from './train.ts';
