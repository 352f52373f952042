import type { SeedTask, StageTask } from '../../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import { type SelfInstructStage, selfInstructStage } from '../../../workflows/contracts/run/stages.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import type { SeenRows } from '../accept/seen-rows.ts';
import type { RunPrompts } from '../prompt/run-prompts.ts';
import type { StageSize } from '../prompt/stage-sizes.ts';
import { expectedSizes } from './expected-sizes.ts';
import type { SelfInstructPrompts } from './prompts.ts';
import { instanceTokens, tokenLimit } from './requests.ts';

/**
 * The prompts of one stage. Those of the later stages are a function of the instruction alone, so an equal one is asked
 * for its own answer by how often it came before.
 */
export function createStagePrompts(
  { stage, promptsPerRequest }: Pick<RequestSettings, 'promptsPerRequest'> & { stage: SelfInstructStage },
  prompts: SelfInstructPrompts,
  { seeds, tasks }: { seeds: readonly SeedTask[]; tasks: readonly StageTask[] },
  profile: Pick<TeacherProfile, 'style' | 'supportsPromptList'>,
  seen: SeenRows,
): RunPrompts {
  const indexOf = (request: number, prompt: number) => request * promptsPerRequest + prompt;
  const isClassification = (task?: StageTask) => task?.classification?.isClassification ?? false;
  const isTogether = profile.style === 'completions' && profile.supportsPromptList;
  const repeats = repeatsOf(tasks);
  return {
    sizes() {
      const expected = expectedSizes(prompts, seeds);
      const sizeOf = (of: SelfInstructStage): StageSize => ({
        expected: expected[of],
        maxTokens: tokenLimit(of, profile),
        longest: prompts.longest(of),
      });
      const later = selfInstructStage.options.slice(selfInstructStage.options.indexOf(stage) + 1);
      return { now: sizeOf(stage), later: later.map(sizeOf) };
    },
    text(request, prompt) {
      if (stage === 'instructions')
        return prompts.instructions(
          request,
          prompt,
          seen.before(request).map(({ instruction }) => instruction),
        );
      const task = tasks[indexOf(request, prompt)];
      if (task === undefined) throw new RangeError(`request ${request} has no prompt ${prompt}`);
      return stage === 'classification'
        ? prompts.classification(task.instruction)
        : prompts.instances(task.instruction, isClassification(task));
    },
    maxTokens(request, prompt) {
      if (stage !== 'instances') return tokenLimit(stage, profile);
      const first = indexOf(request, 0);
      const together = isTogether
        ? tasks.slice(first, first + promptsPerRequest)
        : tasks.slice(first + prompt, first + prompt + 1);
      return instanceTokens(together.map(isClassification));
    },
    occurrence(request, prompt) {
      const index = indexOf(request, prompt);
      return stage === 'instructions' ? index : (repeats.get(index) ?? 0);
    },
    longest: () => prompts.longest(stage),
  };
}

/** By the place of a task whose instruction came before: how often. */
function repeatsOf(tasks: readonly StageTask[]): ReadonlyMap<number, number> {
  const times = new Map<string, number>();
  const repeats = new Map<number, number>();
  for (const [index, { instruction }] of tasks.entries()) {
    const before = times.get(instruction) ?? 0;
    if (before > 0) repeats.set(index, before);
    times.set(instruction, before + 1);
  }
  return repeats;
}
