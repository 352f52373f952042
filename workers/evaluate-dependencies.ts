import type { ArtifactStore } from '../activities/artifacts/store.ts';
import type { EvaluateDependencies } from '../activities/evaluate/evaluate-step.ts';
import { createTeacherCandidate } from '../activities/evaluate/teacher-answers.ts';
import { createTeacherJudge } from '../activities/evaluate/teacher-judge.ts';
import type { Budget } from '../activities/generate/budget.ts';
import { openLedger } from '../activities/generate/ledger.ts';
import { openModel } from '../activities/model/model-process.ts';
import { createTeacherClient } from '../activities/teacher/client.ts';
import { type Admissions, createAdmissions } from '../activities/teacher/limits/admissions.ts';
import { rightAnswer } from '../activities/teacher/offline/tasks.ts';
import type { TeacherProfiles } from '../activities/teacher/profiles.ts';

/** Verdicts have a ledger of their own, so that no evaluation pays for one twice. */
const JUDGE_LEDGER = 'judge';
/** So have the answers of teachers that are compared. */
const ANSWERS_LEDGER = 'answers';

/** What evaluation needs from other rooms, for the workers and for the command line. */
export function evaluateDependencies(
  store: ArtifactStore,
  profiles: TeacherProfiles,
  env: NodeJS.ProcessEnv = process.env,
  admissions: Admissions = createAdmissions(),
): EvaluateDependencies {
  const accountOf = (ledger: string, name: string, paidBy: string, budget: Budget | null) => {
    const profile = profiles.get(name);
    const client = createTeacherClient(profile, env, admissions(profile));
    return { client, ledger: openLedger(store, ledger), paidBy, budget };
  };
  return {
    store,
    openModel,
    rightAnswer,
    judgeFor: (profile, paidBy, budget) =>
      createTeacherJudge(accountOf(JUDGE_LEDGER, profile, paidBy, budget)),
    teacherFor: (profile, paidBy, budget) =>
      createTeacherCandidate(accountOf(ANSWERS_LEDGER, profile, paidBy, budget)),
  };
}
