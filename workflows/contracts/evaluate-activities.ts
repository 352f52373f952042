import type {
  AnswerFigures,
  CandidateLoss,
  CandidateResult,
  Comparison,
  EvaluateResult,
} from './evaluation.ts';
import type { ArtifactReference, DataSource } from './reference.ts';
import type { EvaluateInput } from './steps.ts';

/** The activities of the evaluate step, as types alone; see activities.ts. */

/** A candidate's answers. `candidate` is missing from results of 0.1.0, which old histories hold. */
export interface AnsweredInstructions {
  answers: ArtifactReference;
  /** evaluation instructions left out, because training has seen them */
  excluded: number;
  candidate?: Pick<CandidateResult, 'name' | 'kind'> & AnswerFigures;
}

export interface EvaluateActivities {
  evaluateHeldOut(input: EvaluateInput): Promise<
    Pick<EvaluateResult, 'heldOut' | 'exactMatch'> & {
      /** by the candidates' order; null for what is no model. Missing from results of 0.1.0 */
      losses?: (CandidateLoss | null)[];
    }
  >;
  /** Answers of a model, or from a file: on a machine with a device. */
  answerInstructions(input: { model: DataSource; evaluation: EvaluateInput }): Promise<AnsweredInstructions>;
  /** Answers of a teacher, through the response ledger. */
  askTeacher(input: {
    teacher: string;
    evaluation: EvaluateInput;
    /** the candidate's place: what it pays is told apart from what others of the run pay */
    candidate: number;
  }): Promise<AnsweredInstructions & { costUsd: number }>;
  judgePairs(input: {
    evaluation: EvaluateInput;
    answersA: ArtifactReference;
    answersB: ArtifactReference;
    excluded: number;
    /** the comparison's place, from 0; the first where it is missing */
    comparison?: number;
  }): Promise<{
    pairwise: EvaluateResult['pairwise'];
    annotations: ArtifactReference;
    costUsd: number;
    /** missing from results of 0.1.0 */
    beside?: Pick<Comparison, 'meanLengthA' | 'meanLengthB' | 'categories'>;
  }>;
}
