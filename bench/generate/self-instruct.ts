import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { generateToFile } from '../../activities/generate/generate-to-file.ts';
import { loadProfiles } from '../../activities/teacher/profile/profiles.ts';
import { startOfflineTeacher } from '../../workers/offline-teacher/server.ts';
import { type GenerateResult, generateInput } from '../../workflows/contracts/generate.ts';

/**
 * `npm run bench -- self-instruct [--instances 2000] [--prompts-per-request 1]`: so many instances by Self-Instruct and so
 * many rows by Alpaca from the offline teacher, and what each asked for a row.
 */
export async function benchSelfInstruct(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      instances: { type: 'string', default: '2000' },
      'prompts-per-request': { type: 'string', default: '1' },
    },
  });
  const rows = Number(values.instances);
  const promptsPerRequest = Number(values['prompts-per-request']);
  const small = await measure({ method: 'self-instruct', target: Math.ceil(rows / 10), promptsPerRequest });
  const perInstruction = small.rows / small.instructions;
  // Later instructions may have fewer.
  const target = Math.ceil((1.1 * rows) / perInstruction);
  return {
    selfInstruct: await measure({ method: 'self-instruct', target, promptsPerRequest }),
    alpaca: await measure({ method: 'alpaca', target: rows, promptsPerRequest }),
  };
}

/** A generation over a store of its own. */
async function measure(settings: object) {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-self-instruct-'));
  const teacher = await startOfflineTeacher();
  try {
    const store = createLocalStore({ root: join(folder, 'store') });
    const profiles = await loadProfiles({ env: {}, offlineTeacherUrl: teacher.url });
    const begun = performance.now();
    const input = generateInput.parse({ ...settings, concurrency: 16 });
    const result = await generateToFile(input, { store, profiles, env: {} }, unwatched);
    return figuresOf(result, (performance.now() - begun) / 1000);
  } finally {
    await teacher.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf(
  { data, requests, sent, promptTokens, completionTokens, selfInstruct }: GenerateResult,
  seconds: number,
) {
  const { rows } = data;
  const each = (figure: number) => Number((figure / rows).toFixed(3));
  const stages = selfInstruct?.stages ?? [];
  const left = stages.reduce((sum, stage) => sum - stage.requests, requests);
  return {
    rows,
    instructions: stages[0]?.data.rows ?? rows,
    requests,
    requestsByStage: [...stages.map((stage) => stage.requests), left],
    requestsPerRow: each(requests),
    sentPerRow: each(sent),
    promptTokensPerRow: each(promptTokens),
    completionTokensPerRow: each(completionTokens),
    seconds: Number(seconds.toFixed(1)),
  };
}
