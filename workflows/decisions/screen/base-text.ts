import type { EvaluateResult } from '../../contracts/evaluate.ts';

/** What a trained model is compared with: untrained is a base of random weights alone. */
export function baseText({ base }: Pick<EvaluateResult, 'base'>): string {
  return base?.isRandom ? 'the untrained base' : 'the base';
}
