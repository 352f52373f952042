import type { AskedTrainingSettings } from '../../contracts/train-activities.ts';

/** What is trained: all of pretrained weights, adapters beside such, or random weights by whatever method. */
type Beginning = 'full' | 'lora' | 'random';

/**
 * Learning rates where none is asked for: the recipe's for pretrained weights, the community's for LoRA, and for random
 * weights what the tiny model learns well with.
 */
const USUAL: Record<Beginning, number> = { full: 2e-5, lora: 3e-4, random: 2e-3 };

const WHAT: Record<Beginning, string> = {
  full: 'all of pretrained weights',
  lora: 'LoRA beside pretrained weights',
  random: 'random weights',
};

/** Above the usual one so many times a learning rate is told to be large. */
const LARGE = 10;

type Asked = Pick<AskedTrainingSettings, 'method' | 'learningRate'>;

export interface LearningRate {
  learningRate: number;
  /** null where it is not unusually large */
  warning: string | null;
}

/** The learning rate of a training, by its method and by whether the weights that it begins with are random. */
export function learningRateOf(asked: Asked, isRandom: boolean): LearningRate {
  const beginning = isRandom ? 'random' : asked.method;
  const usual = USUAL[beginning];
  const learningRate = asked.learningRate ?? usual;
  if (learningRate <= LARGE * usual) return { learningRate, warning: null };
  const times = Math.round(learningRate / usual);
  return {
    learningRate,
    warning: `The learning rate ${learningRate} is ${times} times the ${usual} that is usual for ${WHAT[beginning]}: such a training often forgets more than it learns.`,
  };
}

/** The learning rate as it is asked for, in words. */
export function learningRateText({ learningRate, method }: Asked): string {
  if (learningRate !== null) return String(learningRate);
  return `${USUAL[method]} (${USUAL.random} from random weights)`;
}
