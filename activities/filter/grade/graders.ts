import type { GradeSettings } from '../../../workflows/contracts/filter.ts';
import { AlpacaError } from '../../errors.ts';
import type { Judge } from '../../evaluate/judge/judge.ts';
import type { VerdictForm } from '../../evaluate/judge/no-verdicts.ts';
import type { TeacherProfiles } from '../../teacher/profile/profiles.ts';

/** What a judge is held to. */
export function gradeForm({ classes }: GradeSettings): VerdictForm {
  return {
    output: classes ? 'grade-and-class' : 'grade',
    setting: '--grade-verdict-tokens; filter.grade.verdictTokens of a run',
  };
}

/** Who grades. */
export interface Graders {
  first: Judge;
  /** of a sample, to see how far two agree; null where one is asked */
  second: Judge | null;
}

/** The profiles that are asked for grades. */
export function gradersNamed(settings: GradeSettings | null): string[] {
  if (settings === null) return [];
  const { judge, second } = settings;
  return second === null ? [judge] : [judge, second];
}

/**
 * @param judgeOf the judge that a profile's name stands for
 * @throws AlpacaError Configuration where the second judge is the first by another name
 */
export function gradersOf(
  settings: GradeSettings,
  profiles: TeacherProfiles,
  judgeOf: (profile: string) => Judge,
): Graders {
  requireAnotherModel(settings, profiles);
  const { judge, second } = settings;
  return { first: judgeOf(judge), second: second === null ? null : judgeOf(second) };
}

/**
 * The ledger goes by the model's name: one of the same name would be answered with the first judge's own grades.
 *
 * @throws AlpacaError Configuration where the second judge is the first by another name
 */
export function requireAnotherModel({ judge, second }: GradeSettings, profiles: TeacherProfiles): void {
  if (second === null) return;
  const { model } = profiles.get(second);
  if (profiles.get(judge).model !== model) return;
  throw new AlpacaError(
    'Configuration',
    `The second judge "${second}" asks the same model as "${judge}", ${model}: to agree with itself says nothing.`,
    { remedy: 'Name a profile of another model as filter.grade.second, or leave it out.' },
  );
}
