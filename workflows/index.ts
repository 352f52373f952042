import * as ofAlpaca from './alpaca/alpaca.ts';
import * as ofDedupe from './dedupe/dedupe.ts';
import * as ofEvaluate from './evaluate/evaluate.ts';
import * as ofGenerate from './generate/generate.ts';
import * as ofRate from './rate/rate.ts';
import { recorded } from './recorded.ts';
import * as ofRelease from './release/release.ts';
import * as ofSample from './sample/sample.ts';
import * as ofTokenize from './tokenize/tokenize.ts';
import * as ofTrain from './train/train.ts';

/** What a worker registers. The names are the workflow types that users start. */
export { rater } from './rate/rater.ts';
export { rateLimit } from './rate-limit/rate-limit.ts';

/** Each leaves a record of its end in the store where it is no step of another. */
export const alpaca = recorded(ofAlpaca.alpaca);
export const dedupe = recorded(ofDedupe.dedupe);
export const evaluate = recorded(ofEvaluate.evaluate);
export const generate = recorded(ofGenerate.generate);
export const rate = recorded(ofRate.rate);
export const release = recorded(ofRelease.release);
export const sample = recorded(ofSample.sample);
export const tokenize = recorded(ofTokenize.tokenize);
export const train = recorded(ofTrain.train);
