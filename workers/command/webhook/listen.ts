import { randomBytes } from 'node:crypto';
import { secretsOf, secretVariable } from '../../../activities/notify/secrets.ts';
import { port } from '../../listening.ts';
import { Interrupted, UsageError } from '../outcome.ts';
import type { Terminal } from '../terminal.ts';
import { eventText } from './event-text.ts';
import { type Heard, listenForWebhooks } from './listener.ts';

export interface ListenOptions {
  port: string;
  host: string;
  secretName: string;
  answer: string;
}

/** `alpaca webhook listen`: shows the webhooks of runs, until Ctrl-C. */
export async function listen(options: ListenOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const checkedPort = port.safeParse(options.port);
  if (!checkedPort.success)
    throw new UsageError(`--port ${options.port} is no port: give a number from 0 to 65535.`);
  if (!/^[2-5]\d\d$/.test(options.answer))
    throw new UsageError(`--answer ${options.answer} is no HTTP status: give a number from 200 to 599.`);
  const variable = secretVariable(options.secretName);
  const isSet = Boolean(process.env[variable] || process.env[`${variable}_FILE`]);
  const made = randomBytes(32);
  const { host } = options;
  const listener = await listenForWebhooks(
    {
      ...{ host, port: checkedPort.data, answer: Number(options.answer) },
      secrets: isSet ? secretsOf(options.secretName, process.env) : [made],
    },
    (heard) => show(heard, terminal),
  );
  try {
    terminal.say(`Listening at ${listener.url}; Ctrl-C ends it. Workers of this machine send there with`);
    const url = new URL(listener.url);
    const [, ipv6] = /^\[(.+)\]$/.exec(url.hostname) ?? [];
    const variables = {
      ALPACA_WEBHOOK_HOSTS: url.host,
      ALPACA_WEBHOOK_NETWORKS: ipv6 === undefined ? `${url.hostname}/32` : `${ipv6}/128`,
      ...(isSet ? {} : { [variable]: `whsec_${made.toString('base64')}` }),
    };
    for (const [name, value] of Object.entries(variables)) terminal.say(`  export ${name}=${value}`);
    const notify = [{ url: listener.url, secretName: options.secretName }];
    terminal.say(`and runs by their input: --set 'notify=${JSON.stringify(notify)}'`);
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await listener.close();
  }
  throw new Interrupted('It listens no more.');
}

function show({ refused, again, event }: Heard, terminal: Terminal): void {
  if (refused !== null) terminal.result({ refused }, `refused (401): ${refused}`);
  else if (event === null) terminal.result({ event }, 'signed, and no event of a run');
  else terminal.result({ event, again }, `${eventText(event)}${again ? ' (again)' : ''}`);
}
