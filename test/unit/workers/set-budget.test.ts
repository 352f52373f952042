import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setBudgetCommand } from '../../../workers/set-budget.ts';

const RUN = { workflowId: 'my-run', address: '127.0.0.1:7233', namespace: 'default' };

describe('the command that raises a budget', () => {
  it('names the run', () => {
    assert.equal(
      setBudgetCommand(RUN),
      'npm run temporal -- workflow update execute --workflow-id my-run --name setBudget --input N',
    );
  });

  it('names the server and namespace where they are not the usual ones', () => {
    assert.equal(
      setBudgetCommand({ ...RUN, address: 'temporal.example:7233', namespace: 'team' }),
      'npm run temporal -- workflow update execute --address temporal.example:7233 --namespace team --workflow-id my-run --name setBudget --input N',
    );
  });

  it('is one a shell takes as meant, whatever the id', () => {
    const workflowId = `it's; echo "$HOME"`;
    const words = setBudgetCommand({ ...RUN, workflowId }).replace('npm run temporal --', `printf '%s\\n'`);
    const seen = execFileSync('sh', ['-c', words], { encoding: 'utf8' }).split('\n');
    assert.equal(seen[seen.indexOf('--workflow-id') + 1], workflowId);
  });
});
