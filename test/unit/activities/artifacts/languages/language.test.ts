import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { languageOf } from '../../../../../activities/artifacts/languages/language.ts';
import { languageNames } from '../../../../../activities/artifacts/languages/language-folder.ts';
import { filterWordsOf } from '../../../../../activities/filter/words/filter-words.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';

let folder: string;
const at = (name: string) => join(folder, 'eo', name);

/** Each test of a suite gets a folder of languages of its own. */
function inAFolder(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-languages-'));
    await cp(dirname(builtinPath('language', 'es')), join(folder, 'eo'), { recursive: true });
    process.env.ALPACA_LANGUAGES = folder;
  });
  afterEach(async () => {
    delete process.env.ALPACA_LANGUAGES;
    await rm(folder, { recursive: true });
  });
}

async function change(name: string, from: string, to: string): Promise<void> {
  const text = await readFile(at(name), 'utf8');
  assert.ok(text.includes(from));
  await writeFile(at(name), text.replace(from, to));
}

describe('a language', () => {
  inAFolder();

  it('is a folder of the package, or one beneath a folder that ALPACA_LANGUAGES names', () => {
    assert.deepEqual(languageNames(), ['en', 'eo', 'es', 'ko']);
    assert.deepEqual(languageOf('eo').names, ['Spanish', 'español']);
    assert.equal(builtinPath('seed-tasks', 'eo'), at('seed-tasks.jsonl'));
  });

  it('that there is not is refused with those that there are', () => {
    for (const name of ['fr', '../es', 'ES', ''])
      assert.throws(() => languageOf(name), {
        code: 'InvalidInput',
        message: new RegExp(`^There is no language "${name}": there are en, eo, es, ko\\.`),
      });
  });

  it('with two folders of its name is refused', async () => {
    await cp(join(folder, 'eo'), join(folder, 'ko'), { recursive: true });
    assert.throws(() => languageOf('ko'), {
      message: /^The language "ko" has two folders: .*seeds.*ko and /,
    });
  });

  it('is in a run’s input by a name that could be a folder', () => {
    assert.equal(alpacaInput.parse({ language: 'en-medicine' }).language, 'en-medicine');
    assert.equal(alpacaInput.safeParse({ language: '../ko' }).success, false);
  });
});

describe('a language’s folder with a fault', () => {
  inAFolder();

  it('is refused where fewer words are allowed than needed', async () => {
    await change('language.json', '"fewestWords": 4', '"fewestWords": 151');
    assert.throws(() => languageOf('eo'), {
      code: 'InvalidInput',
      message: /language\.json:\d+: instructions\.fewestWords is 151: expected no more than mostWords/,
    });
  });

  it('is refused where a file is no UTF-8, and passed over by name where it could be none', async () => {
    await writeFile(at('language.json'), Buffer.from('{"names": ["espa\xf1ol"]}', 'latin1'));
    assert.throws(() => languageOf('eo'), {
      code: 'InvalidInput',
      message: /language\.json is no valid UTF-8/,
    });
    await cp(dirname(builtinPath('language', 'es')), join(folder, 'PT'), { recursive: true });
    assert.deepEqual(languageNames(), ['en', 'eo', 'es', 'ko']);
  });

  it('is named with file and line for a key that is not known', async () => {
    await change(
      'language.json',
      '"tokenization": "unicode",',
      '"tokenization": "unicode",\n  "threshold": 0.5,',
    );
    assert.throws(() => languageOf('eo'), {
      code: 'InvalidInput',
      message: new RegExp(`${at('language.json')}:4: the file has no field "threshold"`),
    });
  });

  it('is named with file and line for a missing key, where it would stand, and for a wrong value', async () => {
    await change('language.json', '"fewestWords": 4,', '');
    assert.throws(() => languageOf('eo'), {
      message: new RegExp(
        `${at('language.json')}:4: instructions\\.fewestWords is missing: expected a number`,
      ),
    });
    await change('language.json', '"mostWords": 150', '"fewestWords": 4,\n"mostWords": "many"');
    assert.throws(() => languageOf('eo'), {
      message: new RegExp(`${at('language.json')}:7: instructions\\.mostWords is "many": expected a number`),
    });
  });

  it('is named for a script that Unicode does not know', async () => {
    await change('language.json', '"Latin"', '"Latine"');
    assert.throws(() => languageOf('eo'), {
      message: /instructions\.firstCharacter .*expected scripts that Unicode knows/,
    });
  });

  it('is named with file and line where its JSON ends too early', async () => {
    await writeFile(at('language.json'), '{\n  "names": ["Esperanto"],\n');
    assert.throws(() => languageOf('eo'), { message: new RegExp(`^${at('language.json')}:3: `) });
  });

  it('is named with the file that is missing', async () => {
    await rm(at('filter-words.json'));
    assert.throws(() => filterWordsOf('eo'), {
      code: 'InvalidInput',
      message: new RegExp(
        `^${at('filter-words.json')}: a language needs this file, and it cannot be read \\(ENOENT\\)`,
      ),
    });
  });

  it('is named with file and line where its filter words lack some', async () => {
    await change('filter-words.json', '"goesOn": ["sin embargo", "en cambio", "pero puedo"]', '"goesOn": []');
    assert.throws(() => filterWordsOf('eo'), {
      message: new RegExp(`${at('filter-words.json')}:\\d+: refusal\\.goesOn`),
    });
  });
});
