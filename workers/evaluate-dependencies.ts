import type { ArtifactStore } from '../activities/artifacts/store.ts';
import type { Account } from '../activities/evaluate/answers/budgeted-asking.ts';
import { createTeacherCandidate } from '../activities/evaluate/answers/teacher-answers.ts';
import type { EvaluateDependencies } from '../activities/evaluate/evaluate-step.ts';
import { PREFERENCE } from '../activities/evaluate/judge/no-verdicts.ts';
import { createTeacherJudge, JUDGE_LEDGER } from '../activities/evaluate/judge/teacher-judge.ts';
import type { GradeDependencies } from '../activities/filter/grade/grade-rows.ts';
import { gradeForm, gradersOf } from '../activities/filter/grade/graders.ts';
import { openModel } from '../activities/model/model-process.ts';
import { createTeacherClient } from '../activities/teacher/client.ts';
import { openLedger } from '../activities/teacher/ledger/ledger.ts';
import { type Admissions, createAdmissions } from '../activities/teacher/limits/admissions.ts';
import type { SharedBudget } from '../activities/teacher/profile/budget.ts';
import type { TeacherProfiles } from '../activities/teacher/profile/profiles.ts';
import type { RetryTeller } from '../activities/teacher/until-it-passes.ts';
import { rightAnswer } from './offline-teacher/tasks/tasks.ts';

/** Answers of teachers that are compared have a ledger of their own, as verdicts have. */
const ANSWERS_LEDGER = 'answers';

type Sources = [
  store: ArtifactStore,
  profiles: TeacherProfiles,
  env?: NodeJS.ProcessEnv,
  admissions?: Admissions,
  /** of a command, which waits where a run would */
  told?: RetryTeller | undefined,
];

/** What evaluation needs from other rooms, for the workers and for the command line. */
export function evaluateDependencies(...sources: Sources): EvaluateDependencies {
  const accountOf = accountsOf(...sources);
  return {
    store: sources[0],
    openModel,
    rightAnswer,
    judgeFor: (profile, paidBy, budget, verdictTokens) =>
      createTeacherJudge(accountOf(JUDGE_LEDGER, profile, paidBy, budget), verdictTokens, PREFERENCE),
    teacherFor: (profile, paidBy, budget) =>
      createTeacherCandidate(accountOf(ANSWERS_LEDGER, profile, paidBy, budget)),
  };
}

/** The same for grades, which share a ledger with verdicts. */
export function gradeDependencies(...sources: Sources): GradeDependencies {
  const [store, profiles] = sources;
  const accountOf = accountsOf(...sources);
  return {
    store,
    gradersFor: (settings, paidBy, budget) =>
      gradersOf(settings, profiles, (name) =>
        createTeacherJudge(
          accountOf(JUDGE_LEDGER, name, paidBy, budget),
          settings.verdictTokens,
          gradeForm(settings),
        ),
      ),
  };
}

function accountsOf(...[store, profiles, env = process.env, admissions = createAdmissions(), told]: Sources) {
  return (ledger: string, name: string, paidBy: string, budget: SharedBudget): Account => {
    const profile = profiles.get(name);
    const client = createTeacherClient(profile, env, admissions(profile));
    return { client, ledger: openLedger(store, ledger), paidBy, budget, told };
  };
}
