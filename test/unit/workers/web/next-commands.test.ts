import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunView } from '../../../../workers/runs/runs.ts';
import { resultLinks } from '../../../../workers/web/links.ts';
import { nextCommands } from '../../../../workers/web/runs/run-texts.ts';

const file = { uri: `artifact://data/${'a'.repeat(64)}/x`, sha256: 'a'.repeat(64), bytes: 1, rows: 1 };
const RESULT = {
  rows: 1,
  dataset: file,
  release: { release: file },
  tokenize: { model: file },
  train: { model: file },
  evaluate: { annotations: file, base: { isRandom: true } },
};

describe('what a finished run’s page says can be done with it', () => {
  const commands = (view: { id: string; result: unknown }, chatUrl: string | null = null) =>
    nextCommands(view as RunView, { chatUrl }).map(({ command }) => command);

  it('is to serve its model, have people compare its answers, and write a release', () => {
    assert.deepEqual(commands({ id: 'my-run', result: RESULT }), [
      'npx alpaca serve --model tuned=run:my-run --model base=builtin',
      'npx alpaca rate --evaluation my-run --raters 5',
      'npx alpaca release my-run --out release',
    ]);
  });

  it('calls a base untrained whose weights are random, and no other, and serves the one that was trained', () => {
    const serving = (isRandom: boolean) => {
      const result = { ...RESULT, evaluate: { base: { isRandom } } };
      return nextCommands({ id: 'my-run', result } as Partial<RunView> as RunView, { chatUrl: null })[0];
    };
    assert.equal(serving(true)?.why, 'Talk to the model, beside the untrained base');
    assert.deepEqual(serving(false), {
      why: 'Talk to the model, beside the base',
      command: `npx alpaca serve --model tuned=run:my-run --model base=${file.uri}`,
    });
  });

  it('has no serving to do where its model is served already', () => {
    const view = { id: 'my run', result: RESULT };
    assert.deepEqual(commands(view, 'http://127.0.0.1:8289'), [
      "npx alpaca rate --evaluation 'my run' --raters 5",
      "npx alpaca release 'my run' --out release",
    ]);
    const [, talk] = resultLinks(view as { id: string; result: unknown } as RunView, {
      chatUrl: 'http://127.0.0.1:8289',
    });
    assert.deepEqual(talk, { text: 'Talk to the model', path: 'http://127.0.0.1:8289/?model=my%20run' });
  });

  it('takes an id with blanks and quotes as one word', () => {
    assert.equal(
      commands({ id: "Ann's run", result: RESULT })[1],
      String.raw`npx alpaca rate --evaluation 'Ann'\''s run' --raters 5`,
    );
  });

  it('is nothing while it runs', () => {
    assert.deepEqual(commands({ id: 'my-run', result: null }), []);
  });
});
