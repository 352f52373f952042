import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextCommands } from '../../../workers/web/run-texts.ts';
import type { RunView } from '../../../workers/web/runs.ts';

describe('what a finished run’s page says can be done with it', () => {
  const commands = (view: { workflowId: string; result: unknown }) =>
    nextCommands(view as RunView).map(({ command }) => command);

  it('is to serve its model, have people compare its answers, and write a release', () => {
    assert.deepEqual(commands({ workflowId: 'my-run', result: {} }), [
      'npx alpaca serve --model tuned=run:my-run --model base=builtin',
      'npx alpaca rate --evaluation my-run --raters 5',
      'npx alpaca release my-run --out release',
    ]);
  });

  it('takes an id with blanks and quotes as one word', () => {
    assert.equal(
      commands({ workflowId: "Ann's run", result: {} })[1],
      String.raw`npx alpaca rate --evaluation 'Ann'\''s run' --raters 5`,
    );
  });

  it('is nothing while it runs', () => {
    assert.deepEqual(commands({ workflowId: 'my-run', result: null }), []);
  });
});
