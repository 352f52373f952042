import { once } from 'node:events';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { log, startLog } from '../../../activities/log.ts';
import { readConfiguration } from '../../configuration.ts';
import type { Visitor } from '../../runs/access/visitor.ts';
import { followedRuns } from '../../runs/followed-runs.ts';
import { knownRuns } from '../../runs/runs.ts';
import { runSteering } from '../../runs/steering.ts';
import { readServeAccess } from '../../serve/serve-configuration.ts';
import { agentRunOf } from '../../web/mcp/agent-run.ts';
import { agentServer } from '../../web/mcp/agent-server.ts';
import type { Agent } from '../../web/mcp/tools.ts';
import { connectLazily, serverName } from '../connection.ts';
import { findEnvironment } from '../environment.ts';
import { openStore } from '../place.ts';

/** Until the agent closes standard input, or Ctrl-C. Nothing but the protocol is on standard output. */
export async function serveAgent(visitor: Visitor, signal: AbortSignal): Promise<void> {
  startLog('warn');
  const handle = serveStdio(() => agentServer({ visitor, use }), {
    onerror: (error) => log.write('warn', 'what the agent sent is not understood', { error }),
  });
  const aborted = signal.aborted ? null : once(signal, 'abort');
  await Promise.race([once(process.stdin, 'end'), once(process.stdin, 'close'), aborted]);
  await handle.close();
}

/** The environment may come up and go down while an agent is at work: it is looked for at each call. */
const use: Agent['use'] = async (work) => {
  const environment = await findEnvironment();
  const client = connectLazily(environment);
  try {
    const store = openStore(environment?.store);
    const places = { client, store, server: serverName(environment) };
    const runs = knownRuns(places);
    return await work({
      ...{ runs, store },
      steering: runSteering({ ...places, taskQueue: readConfiguration().taskQueue }),
      followed: followedRuns(async (id) => agentRunOf(await runs.view(id))),
      chat: {
        url: environment?.chatUrl ?? (process.env.ALPACA_CHAT_URL || null),
        token: readServeAccess().token,
      },
    });
  } finally {
    await client.connection.close();
  }
};
