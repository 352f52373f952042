import { alpaca as runRecipe } from './alpaca/alpaca.ts';
import { dedupe as runDedupe } from './dedupe/dedupe.ts';
import { recorded } from './end/recorded.ts';
import { evaluate as runEvaluate } from './evaluate/evaluate.ts';
import { filter as runFilter } from './filter/filter.ts';
import { generate as runGenerate } from './generate/generate.ts';
import { rate as runRate } from './rate/rate.ts';
import { release as runRelease } from './release/release.ts';
import { sample as runSample } from './sample/sample.ts';
import { stated } from './show.ts';
import { tokenize as runTokenize } from './tokenize/tokenize.ts';
import { train as runTrain } from './train/train.ts';

/**
 * What a worker registers. The names are the workflow types that users start; each can be found by its state, and
 * leaves a record of its end in the store where it is no step of another.
 */
export const alpaca = stated(recorded(runRecipe));
export const dedupe = stated(recorded(runDedupe));
export const evaluate = stated(recorded(runEvaluate));
export const filter = stated(recorded(runFilter));
export const generate = stated(recorded(runGenerate));
export const rate = stated(recorded(runRate));
export const release = stated(recorded(runRelease));
export const sample = stated(recorded(runSample));
export const tokenize = stated(recorded(runTokenize));
export const train = stated(recorded(runTrain));

/** For types that are none of these. */
export { unknownType as default } from './interceptors/unknown-type.ts';
/** Of a run's webhooks; and of the fleet and of raters, who are many: the comparison has the state. */
export { notify } from './notify/notify.ts';
export { rater } from './rate/rater.ts';
export { rateLimit } from './rate-limit/rate-limit.ts';
