import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { Endpoint } from '../../workflows/contracts/run/notify.ts';
import { AlpacaError } from '../errors.ts';
import { isOfInternet, isWithin, listOf, type Networks, readNetwork } from './addresses.ts';

/** Where the operator of a worker lets webhooks go to. Whoever starts a run chooses among those. */
export interface AllowedEndpoints {
  hosts: readonly AllowedHost[];
  /** addresses that are not of the internet, and may be reached all the same, also without TLS */
  networks: Networks;
}

interface AllowedHost {
  /** as a URL has it: small letters, punycode, IPv6 in brackets */
  name: string;
  /** true: whatever is beneath the name, and not the name itself */
  beneath: boolean;
  /** null: any */
  port: string | null;
}

/** Finds the addresses of a host name; of an address, itself. */
export type Resolve = (host: string) => Promise<LookupAddress[]>;

const resolveHost: Resolve = (host) => lookup(host, { all: true });

/**
 * @param hosts `hooks.example.com, *.example.org, 10.0.0.7:8443`, as ALPACA_WEBHOOK_HOSTS has them
 * @param networks `10.0.0.0/8, ::1/128`, as ALPACA_WEBHOOK_NETWORKS has them
 * @throws AlpacaError Configuration naming the variable and what of it is wrong
 */
export function readAllowedEndpoints(hosts: string, networks: string): AllowedEndpoints {
  const wrongNetwork = listed(networks).find((text) => readNetwork(text) === null);
  if (wrongNetwork !== undefined) throw wrong('ALPACA_WEBHOOK_NETWORKS', wrongNetwork, '127.0.0.0/8');
  return { hosts: listed(hosts).map(readHost), networks: listOf(listed(networks)) };
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function readHost(text: string): AllowedHost {
  const beneath = text.startsWith('*.');
  const rest = beneath ? text.slice(2) : text;
  // Its scheme has no default port that a URL would leave out.
  const url = URL.parse(`webhook://${rest}`);
  const plain = URL.parse(`http://${rest}`);
  if (
    !url ||
    !plain ||
    `${url.pathname}${url.search}${url.hash}${url.username}` !== '' ||
    url.host === '' ||
    rest.includes('*')
  )
    throw wrong('ALPACA_WEBHOOK_HOSTS', text, 'hooks.example.com');
  return { name: plain.hostname, beneath, port: url.port === '' ? null : url.port };
}

function wrong(variable: string, value: string, example: string): AlpacaError {
  return new AlpacaError(
    'Configuration',
    `The environment variable ${variable} has ${JSON.stringify(value)}: expected such as ${example}.`,
    { remedy: 'Mend or unset it.' },
  );
}

/** Where a request may go: an endpoint, and the addresses of its host that may be connected to, one at the least. */
export interface Destination {
  url: URL;
  addresses: LookupAddress[];
}

/**
 * Looks up an endpoint's host, and whether it may be asked there. What is connected to has to be one of these addresses:
 * a name may have others a moment later.
 *
 * @throws AlpacaError Configuration naming the endpoint, and the variable by which its worker would allow it
 * @throws what `resolve` throws
 */
export async function destinationOf(
  { url: text }: Pick<Endpoint, 'url'>,
  allowed: AllowedEndpoints,
  resolve: Resolve = resolveHost,
): Promise<Destination> {
  const url = hostAllowed(text, allowed);
  const found = await resolve(url.hostname.replace(/^\[|\]$/g, ''));
  const addresses = found.filter(
    ({ address }) =>
      isWithin(address, allowed.networks) || (url.protocol === 'https:' && isOfInternet(address)),
  );
  if (addresses.length > 0) return { url, addresses };
  const isPlain = url.protocol !== 'https:' && found.some(({ address }) => isOfInternet(address));
  throw refused(
    url.host,
    isPlain
      ? 'without TLS nothing is sent over the internet'
      : `its address (${found.map(({ address }) => address).join(', ')}) is not of the internet`,
    isPlain ? 'Name it by https.' : 'Allow the network by ALPACA_WEBHOOK_NETWORKS, if it is meant.',
  );
}

/** @throws AlpacaError Configuration */
export function hostAllowed(text: string, { hosts }: AllowedEndpoints): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw refused(text, 'it is no https URL', 'Correct it.');
  if (url.username !== '' || url.password !== '')
    throw refused(url.host, 'its URL has a user or a password', 'Leave them out: requests are signed.');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const isAllowed = hosts.some(
    (host) =>
      (host.port === null || host.port === port) &&
      (host.beneath ? url.hostname.endsWith(`.${host.name}`) : url.hostname === host.name),
  );
  if (isAllowed) return url;
  throw refused(
    url.host,
    'the worker allows no webhooks to this host',
    'Name it in ALPACA_WEBHOOK_HOSTS of the workers’ environment, if it is meant.',
  );
}

function refused(host: string, why: string, remedy: string): AlpacaError {
  return new AlpacaError('Configuration', `The webhook ${host} is refused: ${why}.`, { remedy });
}
