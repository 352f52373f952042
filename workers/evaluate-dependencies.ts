import type { ArtifactStore } from '../activities/artifacts/store.ts';
import { createTeacherCandidate } from '../activities/evaluate/answers/teacher-answers.ts';
import type { EvaluateDependencies } from '../activities/evaluate/evaluate-step.ts';
import { createTeacherJudge } from '../activities/evaluate/judge/teacher-judge.ts';
import { openModel } from '../activities/model/model-process.ts';
import { createTeacherClient } from '../activities/teacher/client.ts';
import { openLedger } from '../activities/teacher/ledger/ledger.ts';
import { type Admissions, createAdmissions } from '../activities/teacher/limits/admissions.ts';
import type { SharedBudget } from '../activities/teacher/profile/budget.ts';
import type { TeacherProfiles } from '../activities/teacher/profile/profiles.ts';
import type { RetryTeller } from '../activities/teacher/until-it-passes.ts';
import { rightAnswer } from './offline-teacher/tasks/tasks.ts';

/** Verdicts have a ledger of their own, so that no evaluation pays for one twice. */
const JUDGE_LEDGER = 'judge';
/** So have the answers of teachers that are compared. */
const ANSWERS_LEDGER = 'answers';

/**
 * What evaluation needs from other rooms, for the workers and for the command line.
 *
 * @param told of a command, which waits where a run would
 */
export function evaluateDependencies(
  store: ArtifactStore,
  profiles: TeacherProfiles,
  env: NodeJS.ProcessEnv = process.env,
  admissions: Admissions = createAdmissions(),
  told?: RetryTeller,
): EvaluateDependencies {
  const accountOf = (ledger: string, name: string, paidBy: string, budget: SharedBudget) => {
    const profile = profiles.get(name);
    const client = createTeacherClient(profile, env, admissions(profile));
    return { client, ledger: openLedger(store, ledger), paidBy, budget, told };
  };
  return {
    store,
    openModel,
    rightAnswer,
    judgeFor: (profile, paidBy, budget, verdictTokens) =>
      createTeacherJudge(accountOf(JUDGE_LEDGER, profile, paidBy, budget), verdictTokens),
    teacherFor: (profile, paidBy, budget) =>
      createTeacherCandidate(accountOf(ANSWERS_LEDGER, profile, paidBy, budget)),
  };
}
