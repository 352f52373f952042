import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { ROOT, up } from '../command.ts';
import { inspector } from './inspector.ts';

const inspect = await inspector();

const answer = z.object({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.object({ text: z.string() })),
});

/** The lines of docs/agents.md: an agent's way from an estimate to an answer of the model, by the official inspector. */
describe('the inspector', { skip: typeof inspect === 'string' && inspect }, () => {
  let state: string;
  let environment: Awaited<ReturnType<typeof up>>['environment'];
  let end: () => Promise<number>;

  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-mcp-'));
    ({ environment, end } = await up(state));
  });
  after(async () => {
    const code = await end();
    await rm(state, { recursive: true, force: true });
    assert.equal(code, 130);
  });

  const servers = {
    'standard input and output': () => [
      ...[process.execPath, `${ROOT}bin/alpaca.mjs`, 'mcp', '-e', `ALPACA_STATE=${state}`],
    ],
    HTTP: () => [`${environment.webUrl}/mcp`, '--transport', 'http'],
  };
  for (const [name, target] of Object.entries(servers)) {
    const ask = async (...args: string[]) => {
      assert.ok(typeof inspect === 'function');
      return inspect([...target(), ...args]);
    };
    const call = async (tool: string, given: Record<string, unknown>) => {
      const args = Object.entries(given).flatMap(([key, value]) => [
        '--tool-arg',
        `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ]);
      const { json, stdout, stderr } = await ask('--method', 'tools/call', '--tool-name', tool, ...args);
      return { ...answer.parse(json, { error: () => `${tool}: ${stdout}${stderr}` }), stderr };
    };

    it(`finds no fault in the tools over ${name}`, async () => {
      const { code, json, stderr } = await ask('--method', 'tools/list', '--strict');
      assert.equal(code, 0, stderr);
      const { tools } = z.object({ tools: z.array(z.object({ name: z.string() })) }).parse(json);
      assert.equal(tools.length, 12);
    });

    it(`goes from an estimate to an answer of the model over ${name}`, async () => {
      const input = {
        generate: { target: 20 },
        train: { epochs: 1 },
        evaluate: { maxInstructions: 2, maxNewTokens: 8 },
      };
      const estimate = await call('estimate_run', { input });
      assert.match(estimate.content[0]?.text ?? '', /^20 accepted rows from offline/);
      const refused = await call('start_run', { input });
      assert.equal(refused.isError, true);
      const { structuredContent } = await call('start_run', { input, budgetUsd: 0 });
      const run = String(structuredContent?.workflowId);
      const paused = await call('pause_run', { run });
      assert.equal(paused.structuredContent?.paused, true);
      await call('resume_run', { run });
      let status = '';
      while (status !== 'COMPLETED') {
        const followed = await call('follow_run', { run, waitSeconds: 50 });
        status = String(followed.structuredContent?.status);
        assert.match(status, /^(RUNNING|COMPLETED)$/);
      }
      assert.match((await call('read_report', { run })).content[0]?.text ?? '', /^rows +\d+\n/);
      const asked = await call('ask_model', { model: run, question: 'Name a river.', maxTokens: 8 });
      assert.equal(asked.isError ?? false, false, asked.content[0]?.text);
    });
  }
});
