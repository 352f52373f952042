import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { NotifyResult, WebhookBody } from '../../../workflows/contracts/run/events.ts';
import type { Processes } from '../../processes.ts';
import { type Received, startReceiver } from '../../unit/activities/notify/receiver.ts';
import { until } from '../in-flight.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Of workers whose runs may tell an endpoint on loopback. */
export const WEBHOOK_VARIABLES = {
  ALPACA_WEBHOOK_HOSTS: '127.0.0.1',
  ALPACA_WEBHOOK_NETWORKS: '127.0.0.0/8',
  ALPACA_WEBHOOK_SECRET_DEFAULT: SECRET,
};

export interface ToldUnderKills {
  /** what the run told, in the order in which it first came */
  events: string[];
  /** how often each came, of those that a kill met */
  tries: number[];
  result: NotifyResult;
}

/**
 * A run that a person pauses again and again, whose data worker gets SIGKILL each time while the endpoint has not answered
 * yet; then it is cancelled. Everything that came is verified by another's library.
 *
 * @param processes with WEBHOOK_VARIABLES, and a data worker at work
 */
export async function tellUnderKills(
  test: Pick<TestContext, 'after'>,
  processes: Processes,
  kills: number,
): Promise<ToldUnderKills> {
  let holds = false;
  let verified = 0;
  const { url, received } = await startReceiver(test, (response, { body, headers }) => {
    // At once: five minutes later it would be too old.
    if (new Webhook(SECRET).verify(body, headers as Record<string, string>)) verified += 1;
    if (!holds) response.writeHead(204).end();
  });
  const run = await processes.client.workflow.start('alpaca', {
    ...{ taskQueue: 'alpaca', workflowId: 'told' },
    args: [{ generate: { target: 20_000, concurrency: 1 }, notify: [{ url }] }],
  });
  const isThere = (event: string) => async () => received.map(eventIn).includes(event);
  await until(isThere('stage'));
  const killed: string[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    holds = true;
    const before = received.length;
    await run.executeUpdate('pause');
    await until(async () => received.length > before);
    await processes.kill('data-worker');
    holds = false;
    killed.push(idOf(received.at(-1)));
    await processes.start('data-worker');
    await until(async () => received.length > before + 1);
    await run.executeUpdate('resume');
  }
  await run.cancel();
  await assert.rejects(run.result());
  await until(isThere('cancelled'));
  const [courier] = await couriersOf(processes, 'told');
  assert.ok(courier);
  const result = (await processes.client.workflow.getHandle(courier).result()) as NotifyResult;
  assert.equal(verified, received.length);
  const firsts = new Map(received.toReversed().map((one) => [idOf(one), eventIn(one)]));
  return {
    events: [...firsts].reverse().map(([, event]) => event),
    tries: killed.map((id) => received.filter((one) => idOf(one) === id).length),
    result,
  };
}

async function couriersOf({ client }: Processes, workflowId: string): Promise<string[]> {
  const ids: string[] = [];
  const query = `WorkflowType = "notify" AND WorkflowId STARTS_WITH "${workflowId}/"`;
  for await (const { workflowId: id } of client.workflow.list({ query })) ids.push(id);
  return ids;
}

function idOf(received: Received | undefined): string {
  return String(received?.headers['webhook-id']);
}

/** A person's pause is `paused`; kills may use up an activity's tries, of which a run tells too: `paused outage`. */
function eventIn({ body }: Received): string {
  const { event, pause } = (JSON.parse(body) as WebhookBody).data;
  return pause === null || pause.kind === 'person' ? event : `${event} ${pause.kind}`;
}
