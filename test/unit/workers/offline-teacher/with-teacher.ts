import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import type { LoggedRequest } from '../../../../workers/offline-teacher/request-log.ts';
import { type OfflineTeacher, startOfflineTeacher } from '../../../../workers/offline-teacher/server.ts';
import { NO_FAULTS } from './no-faults.ts';

export const prompt =
  'Write 20 tasks.\n\n###\n1. Instruction: Say hello\n1. Input:\n<noinput>\n1. Output:\nHello\n\n###\n4. Instruction:';
export const asked = { model: 'offline-composer', max_tokens: 3072, stop: ['\n20', '20.', '20.'] };
export const chat = (content: string) => ({ ...asked, messages: [{ role: 'user' as const, content }] });

export type Options = Parameters<typeof startOfflineTeacher>[0];

/** Runs `use` against a teacher of its own, without faults and delays unless the options say so. */
export async function withTeacher(
  options: Options,
  use: (client: OpenAI, teacher: OfflineTeacher) => Promise<void>,
): Promise<void> {
  const teacher = await startOfflineTeacher({
    latencyMs: 0,
    latencySpreadMs: 0,
    faults: NO_FAULTS,
    ...options,
  });
  try {
    await use(new OpenAI({ baseURL: teacher.url, apiKey: 'none', maxRetries: 0 }), teacher);
  } finally {
    await teacher.close();
  }
}

/** Runs `use` with the path of a log that is gone afterwards. */
export async function withLog(use: (log: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'offline-teacher-'));
  try {
    await use(join(folder, 'requests.jsonl'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function readLog(path: string): Promise<LoggedRequest[]> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LoggedRequest);
}
