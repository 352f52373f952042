import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../command.ts';

/** The examples of docs/fine-tuning.md, as a reader would run them. */

const LANGUAGES = { js: 'example.mjs', sh: 'example.sh', python: 'example.py' } as const;

const run = promisify(execFile);

/**
 * Runs the examples of one language, one after another in one program, beside the files that they name.
 *
 * @param command the program that runs the file
 * @returns what they print, by lines
 */
export async function runDocumented(
  language: keyof typeof LANGUAGES,
  command: string,
  baseUrl: string,
): Promise<string[]> {
  const page = await readFile(join(ROOT, 'docs/fine-tuning.md'), 'utf8');
  const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(([, of]) => of === language);
  if (blocks.length === 0) throw new Error(`docs/fine-tuning.md has no example in ${language}`);
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-documented-'));
  try {
    const row = (number: number) =>
      `${JSON.stringify({
        messages: [
          { role: 'user', content: `Say yes ${number} times.` },
          { role: 'assistant', content: 'Yes.' },
        ],
      })}\n`;
    await writeFile(join(folder, 'mydata.jsonl'), Array.from({ length: 12 }, (_, i) => row(i)).join(''));
    await writeFile(join(folder, 'mytest.jsonl'), row(20) + row(21));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const program = join(folder, LANGUAGES[language]);
    await writeFile(program, blocks.map(([, , text]) => text).join('\n'));
    const env = { ...process.env, OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'none' };
    const { stdout } = await run(command, [program], { cwd: folder, env, maxBuffer: 1 << 24 });
    return stdout.trim().split('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
