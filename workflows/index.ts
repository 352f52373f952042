import { alpaca as runRecipe } from './alpaca/alpaca.ts';
import { dedupe as runDedupe } from './dedupe/dedupe.ts';
import { evaluate as runEvaluate } from './evaluate/evaluate.ts';
import { generate as runGenerate } from './generate/generate.ts';
import { rate as runRate } from './rate/rate.ts';
import { release as runRelease } from './release/release.ts';
import { sample as runSample } from './sample/sample.ts';
import { stated } from './show.ts';
import { tokenize as runTokenize } from './tokenize/tokenize.ts';
import { train as runTrain } from './train/train.ts';

/** What a worker registers. The names are the workflow types that users start; each can be found by its state. */
export const alpaca = stated(runRecipe);
export const dedupe = stated(runDedupe);
export const evaluate = stated(runEvaluate);
export const generate = stated(runGenerate);
export const rate = stated(runRate);
export const release = stated(runRelease);
export const sample = stated(runSample);
export const tokenize = stated(runTokenize);
export const train = stated(runTrain);

/** Of the fleet and of raters, who are many: the comparison has the state. */
export { rater } from './rate/rater.ts';
export { rateLimit } from './rate-limit/rate-limit.ts';
