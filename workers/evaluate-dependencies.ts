import type { ArtifactStore } from '../activities/artifacts/store.ts';
import type { EvaluateDependencies } from '../activities/evaluate/activities.ts';
import { createTeacherJudge } from '../activities/evaluate/teacher-judge.ts';
import { openLedger } from '../activities/generate/ledger.ts';
import { openModel } from '../activities/model/model-process.ts';
import { createTeacherClient } from '../activities/teacher/client.ts';
import { type Admissions, createAdmissions } from '../activities/teacher/limits/admissions.ts';
import { rightAnswer } from '../activities/teacher/offline/tasks.ts';
import type { TeacherProfiles } from '../activities/teacher/profiles.ts';

/** Verdicts have a ledger of their own, so that no evaluation pays for one twice. */
const JUDGE_LEDGER = 'judge';

/** What evaluation needs from other rooms, for the workers and for the command line. */
export function evaluateDependencies(
  store: ArtifactStore,
  profiles: TeacherProfiles,
  env: NodeJS.ProcessEnv = process.env,
  admissions: Admissions = createAdmissions(),
): EvaluateDependencies {
  const ledger = openLedger(store, JUDGE_LEDGER);
  return {
    store,
    openModel,
    rightAnswer,
    judgeFor: (name, paidBy, budget) => {
      const profile = profiles.get(name);
      return createTeacherJudge(
        createTeacherClient(profile, env, admissions(profile)),
        ledger,
        paidBy,
        budget,
      );
    },
  };
}
