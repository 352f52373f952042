import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Each row of the threat model names the test that tries it; a row without one says that it is open. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = 'docs/threat-model';
const FILES = readdirSync(join(ROOT, FOLDER));

interface Row {
  id: string;
  /** the last cell, where the test is named */
  named: string;
}

function rowsOf(file: string): Row[] {
  return readFileSync(join(ROOT, FOLDER, file), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const [, id = ''] = cells;
      return /^[A-Za-z]+-?\d+$/.test(id) ? [{ id, named: cells.at(-2) ?? '' }] : [];
    });
}

/** Whether a title stands in the text of a test, or is made there from a template. */
function stands(title: string, text: string): boolean {
  if (text.includes(title)) return true;
  const templates = [...text.matchAll(/`([^`\n]*\$\{[^`\n]*)`/g)].map(([, template = '']) => template);
  return templates.some((template) => {
    const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(title);
  });
}

describe('the threat model', () => {
  it('has rows in every part', () => {
    assert.deepEqual(FILES.sort(), ['doors.md', 'files.md', 'teacher.md']);
    for (const file of FILES) assert.ok(rowsOf(file).length >= 30, file);
  });

  for (const file of FILES)
    it(`names, for each row, a test that there is, or says that it is open: ${file}`, () => {
      const wrong: string[] = [];
      let before = '';
      for (const { id, named } of rowsOf(file)) {
        const isSame = named.startsWith('the same');
        if (isSame && before === '') wrong.push(`${id}: the same as what?`);
        if (!isSame) before = named;
        const paths = [...named.matchAll(/test\/[\w/.-]+\.ts/g)].map(([path]) => path);
        if (paths.length === 0 && !isSame && !/^(open|not tried)/i.test(named)) wrong.push(`${id}: ${named}`);
        const texts = paths.map((path) => readFileSync(join(ROOT, path), 'utf8'));
        const titles = [...named.matchAll(/`([^`]+)`|"([^"]+)"/g)].map(
          ([, one, other]) => one ?? other ?? '',
        );
        for (const title of titles.filter((found) => !found.includes('test/')))
          if (texts.length > 0 && !texts.some((text) => stands(title, text))) wrong.push(`${id}: ${title}`);
      }
      assert.deepEqual(wrong, []);
    });
});
