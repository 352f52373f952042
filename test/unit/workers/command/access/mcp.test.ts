import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../../../../../workers/command/program.ts';
import { MCP } from '../../../../../workers/web/mcp/mcp-path.ts';
import { readWebConfiguration } from '../../../../../workers/web/web-configuration.ts';
import { BARE_ENVIRONMENT } from '../../../../bare-environment.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const MAIN = `${ROOT}workers/command/main.ts`;

/** What docs/agents.md has clients add: by standard input and output, and by HTTP. */
async function documented() {
  const page = await readFile(`${ROOT}docs/agents.md`, 'utf8');
  const [stdio = '', http = ''] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  return { stdio: JSON.parse(stdio).mcpServers.alpaca, http: JSON.parse(http).mcpServers.alpaca };
}

describe('alpaca mcp', () => {
  it('has nothing but the protocol on standard output, without a server too, and ends well with its input', async () => {
    const state = await mkdtemp(join(tmpdir(), 'alpaca-mcp-'));
    const { command, args } = (await documented()).stdio;
    const [path, ...rest] = args;
    assert.deepEqual([command, path], ['node', '/path/to/alpaca-temporal/bin/alpaca.mjs']);
    await access(`${ROOT}bin/alpaca.mjs`);
    const child = spawn(process.execPath, [MAIN, ...rest], {
      env: { ...BARE_ENVIRONMENT, ALPACA_STATE: state, TEMPORAL_ADDRESS: '127.0.0.1:1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said: { id?: number; result?: unknown }[] = [];
    const lines = createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
    const ask = async (id: number, method: string, params: Record<string, unknown>) => {
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
      while (!said.some((answer) => answer.id === id)) await once(lines, 'line');
      return said.find((answer) => answer.id === id)?.result;
    };
    const client = { name: 'test', version: '1' };
    await ask(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: client });
    const over = await ask(2, 'tools/call', { name: 'start_run', arguments: { budgetUsd: 6 } });
    assert.match(JSON.stringify(over), /budgetUsd: Too big: expected number to be <=5/);
    const away = await ask(3, 'tools/call', { name: 'list_runs', arguments: {} });
    assert.deepEqual(away, {
      isError: true,
      content: [
        {
          type: 'text',
          text: 'The Temporal server does not answer. Start it with `npm run up`, or check TEMPORAL_ADDRESS.',
        },
      ],
    });
    child.stdin.end();
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.deepEqual(
      said.map(({ id }) => id),
      [1, 2, 3],
    );
    await rm(state, { recursive: true, force: true });
  });

  it('is at an address of the web service too, as its usual configuration has it', async () => {
    assert.deepEqual((await documented()).http, {
      type: 'http',
      url: `http://127.0.0.1:${readWebConfiguration({}).port}${MCP}`,
      headers: { Authorization: 'Bearer alpaca_...' },
    });
  });

  it('refuses a bound and a name that are none', async () => {
    const run = (...args: string[]) =>
      createProgram(new AbortController().signal).parseAsync(['node', 'alpaca', 'mcp', ...args]);
    await assert.rejects(run('--usd-per-day', 'much'), {
      message: '--usd-per-day is a number of dollars, not much.',
    });
    await assert.rejects(run('--name', ' '), { message: '--name has 1 to 80 characters.' });
  });
});
