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

function pathsIn(named: string): string[] {
  return [...named.matchAll(/test\/[\w/.-]+\.ts/g)].map(([path]) => path);
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What is told of a title by a template: less than this, as in `${name}`, fits any. */
const FEWEST_CHARACTERS = 12;

/** Whether a title stands in the text of a test, or is made there from a template. */
function stands(title: string, text: string): boolean {
  if (text.includes(title)) return true;
  const templates = [...text.matchAll(/\b(?:it|describe)\(\s*`([^`\n]*)`/g)].map(([, found = '']) => found);
  return templates.some((template) => {
    const parts = template.split(/\$\{[^}]*\}/);
    const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
    return parts.join('').length >= FEWEST_CHARACTERS && new RegExp(`^${pattern}$`).test(title);
  });
}

describe('the threat model', () => {
  it('has rows in every part', () => {
    assert.deepEqual(FILES.sort(), ['doors.md', 'files.md', 'teacher.md']);
    for (const file of FILES) assert.ok(rowsOf(file).length >= 30, file);
  });

  it('takes no title that no test has', () => {
    const paths = new Set(FILES.flatMap(rowsOf).flatMap(({ named }) => pathsIn(named)));
    assert.ok(paths.size >= 50);
    for (const path of paths) assert.ok(!stands('keeps bees from 3 to 5', textOf(path)), path);
  });

  for (const file of FILES)
    it(`names, for each row, a test that there is, or says that it is open: ${file}`, () => {
      const wrong: string[] = [];
      let before = '';
      for (const { id, named } of rowsOf(file)) {
        const isSame = named.startsWith('the same');
        if (isSame && before === '') wrong.push(`${id}: the same as what?`);
        if (!isSame) before = named;
        const paths = pathsIn(named);
        if (paths.length === 0 && !isSame && !/^(open|not tried)/i.test(named)) wrong.push(`${id}: ${named}`);
        const texts = paths.map(textOf);
        const titles = [...named.matchAll(/`([^`]+)`|"([^"]+)"/g)].map(
          ([, one, other]) => one ?? other ?? '',
        );
        for (const title of titles.filter((found) => !found.includes('test/')))
          if (texts.length > 0 && !texts.some((text) => stands(title, text))) wrong.push(`${id}: ${title}`);
      }
      assert.deepEqual(wrong, []);
    });
});
