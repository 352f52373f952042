import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { howToGoOn } from '../../../workers/how-to-go-on.ts';
import type { PauseKind } from '../../../workflows/contracts/progress.ts';

const RUN = { workflowId: 'my-run', address: '127.0.0.1:7233', namespace: 'default' };

const commandFor = (pauseKind: PauseKind, run = RUN) => howToGoOn({ pauseKind }, run)?.command ?? '';

describe('what lets a run go on that waits', () => {
  it('is `resume` where a person paused it, a budget where that is reached, and else to try at once', () => {
    const resume = 'npm run temporal -- workflow update execute --workflow-id my-run --name resume';
    assert.deepEqual(howToGoOn({ pauseKind: 'person' }, RUN), { why: 'to go on', command: resume });
    for (const pauseKind of ['teacher', 'storage', 'outage'] as const)
      assert.deepEqual(howToGoOn({ pauseKind }, RUN), {
        why: 'to try at once',
        command: resume,
      });
    assert.equal(howToGoOn({ pauseKind: 'budget' }, RUN)?.why, 'to go on, raise the budget to N dollars');
    assert.equal(howToGoOn({ pauseKind: null }, RUN), null);
  });

  it('names the run', () => {
    assert.equal(
      commandFor('budget'),
      'npm run temporal -- workflow update execute --workflow-id my-run --name setBudget --input N',
    );
  });

  it('names the server and namespace where they are not the usual ones', () => {
    assert.equal(
      commandFor('budget', { ...RUN, address: 'temporal.example:7233', namespace: 'team' }),
      'npm run temporal -- workflow update execute --address temporal.example:7233 --namespace team --workflow-id my-run --name setBudget --input N',
    );
  });

  it('is one a shell takes as meant, whatever the id', () => {
    const workflowId = `it's; echo "$HOME"`;
    const words = commandFor('budget', { ...RUN, workflowId }).replace(
      'npm run temporal --',
      `printf '%s\\n'`,
    );
    const seen = execFileSync('sh', ['-c', words], { encoding: 'utf8' }).split('\n');
    assert.equal(seen[seen.indexOf('--workflow-id') + 1], workflowId);
  });
});
