import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { languageOf } from '../../../../activities/artifacts/languages/language.ts';
import { createInstructionFilter } from '../../../../activities/generate/parse/filters.ts';
import { parseAnswer } from '../../../../activities/generate/parse/parse.ts';
import { buildAnswers } from '../../../../bench/generate/answers.ts';
import { openAskingLog, readAskingLog } from '../../../../bench/generate/asking-log.ts';

describe('the answers of the benchmark’s endpoint', () => {
  const answers = buildAnswers(50);
  const parsed = answers.map((answer) =>
    parseAnswer(answer, { seedTasksPerPrompt: 3, cut: false, repeatsHeading: false }),
  );

  it('are all different', () => {
    assert.equal(new Set(answers).size, 50);
  });

  it('have sixteen segments each, of which about one in fifty is malformed', () => {
    assert.deepEqual(new Set(parsed.map(({ segments }) => segments)), new Set([16]));
    const rows = parsed.reduce((sum, answer) => sum + answer.parsed.length, 0);
    assert.ok(rows > 800 * 0.96 && rows < 800, `${rows} of 800 segments parse`);
  });

  it('have instructions that mostly pass the filters', () => {
    const instructions = parsed.flatMap((answer) => answer.parsed.map(({ instruction }) => instruction));
    const filter = createInstructionFilter(languageOf('en').instructions);
    const passing = instructions.filter((instruction) => filter(instruction) === null);
    assert.ok(passing.length > 0.97 * instructions.length);
  });

  it('are the same for the same seed, and others for another', () => {
    assert.deepEqual(buildAnswers(50), answers);
    assert.notDeepEqual(buildAnswers(50, 2), answers);
  });
});

describe('the endpoint’s log', () => {
  it('gives back what was asked, and passes over a line that is half written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-asking-log-'));
    try {
      const path = join(folder, 'askings.log');
      assert.deepEqual(await readAskingLog(path), []);
      const log = openAskingLog(path);
      log.append({ arrived: 1000, key: 'ab', answer: 0, inFlight: 1 });
      log.append({ arrived: 1001, key: 'cd', answer: 1, inFlight: 2 });
      log.close();
      assert.deepEqual(await readAskingLog(path), [
        { arrived: 1000, key: 'ab', answer: 0, inFlight: 1 },
        { arrived: 1001, key: 'cd', answer: 1, inFlight: 2 },
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
