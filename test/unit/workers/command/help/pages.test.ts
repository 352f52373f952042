import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../../../../../workers/command/program.ts';
import { wrongOf } from './calls.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const program = createProgram(new AbortController().signal);

/** The lines of a page's blocks of code that call the command, as what stands behind `alpaca`. */
function callsOf(page: string): string[] {
  const blocks = [...readFileSync(ROOT + page, 'utf8').matchAll(/^```(?:sh)?\n([\s\S]*?)^```$/gm)];
  return blocks
    .flatMap(([, block = '']) => block.replace(/\\\n/g, ' ').split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').replace(/^npm start( --)?/, 'npx alpaca run'))
    .flatMap((line) => /^(?:[A-Z_]+=\S+ )*npx alpaca (.*?)(?: &.*)?$/.exec(line)?.[1] ?? []);
}

/** What a page says that is typed is known to the command: the page is as new as it is. */
describe('the calls of the pages', () => {
  const pages = [
    'README.md',
    ...readdirSync(`${ROOT}docs`)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];

  it('are found', () => {
    assert.deepEqual(callsOf('docs/schedules.md'), [
      'schedule create nightly --cron "0 3 * * *" --time-zone Europe/Berlin --from /data/rows',
      'schedule list',
      'schedule run nightly',
    ]);
    for (const page of ['README.md', 'docs/commands.md', 'docs/tutorial.md'])
      assert.ok(callsOf(page).length > 5, page);
  });

  it('of docs/commands.md name each command', () => {
    const page = readFileSync(`${ROOT}docs/commands.md`, 'utf8');
    const names = program.commands.map((command) => command.name());
    assert.ok(names.includes('webhook'));
    assert.deepEqual(
      names.filter(
        (name) => !new RegExp(`npx alpaca ${name}\\b|npm (run )?${name}\\b|\`${name}\``).test(page),
      ),
      [],
    );
  });

  for (const page of pages)
    it(`have what is required, and no option that there is not: ${page}`, () => {
      assert.deepEqual(
        callsOf(page).flatMap((call) => wrongOf(program, call)),
        [],
      );
    });
});
