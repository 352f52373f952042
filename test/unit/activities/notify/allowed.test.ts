import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOfInternet } from '../../../../activities/notify/addresses.ts';
import {
  destinationOf,
  hostAllowed,
  type Resolve,
  readAllowedEndpoints,
} from '../../../../activities/notify/allowed.ts';

const at =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** As a resolver does: an address is its own. */
const literally: Resolve = async (host) => at(host)(host);

describe('the hosts of webhooks', () => {
  it('are those that the worker’s list names, with the port where it names one', () => {
    const allowed = readAllowedEndpoints('hooks.Example.com, *.example.org,\nex.net:8443 [::1]:90', '');
    const isAllowed = (url: string) => {
      try {
        return hostAllowed(url, allowed) instanceof URL;
      } catch {
        return false;
      }
    };
    const takes = ['https://hooks.example.com/x', 'https://HOOKS.example.com:9/', 'https://a.b.example.org'];
    takes.push('https://ex.net:8443/', 'http://[0:0::1]:90/');
    const refuses = ['https://example.org', 'https://hooks.example.com.evil.net', 'https://ex.net/'];
    refuses.push(
      'https://hooks.example.com./',
      'https://evilexample.org',
      'ftp://hooks.example.com',
      'hooks',
    );
    refuses.push('https://hooks.example.com@evil.net/', 'https://me:pw@hooks.example.com/', 'http://[::1]/');
    assert.deepEqual([...takes, ...refuses].filter(isAllowed), takes);
  });

  it('are none where the worker has no list, and the refusal names endpoint and variable', () => {
    assert.throws(() => hostAllowed('https://hooks.example.com/a?b', readAllowedEndpoints('', '')), {
      code: 'Configuration',
      message:
        'The webhook hooks.example.com is refused: the worker allows no webhooks to this host. Name it in ALPACA_WEBHOOK_HOSTS of the workers’ environment, if it is meant.',
    });
  });

  it('and networks that are wrong are told by their variable', () => {
    for (const [hosts, networks, said] of [
      ['https://a.example.com', '', 'ALPACA_WEBHOOK_HOSTS has "https://a.example.com"'],
      ['a.example.com/path', '', 'ALPACA_WEBHOOK_HOSTS has "a.example.com/path"'],
      ['*', '', 'ALPACA_WEBHOOK_HOSTS has "*"'],
      ['', '10.0.0.1', 'ALPACA_WEBHOOK_NETWORKS has "10.0.0.1"'],
      ['', '10.0.0.0/33', 'ALPACA_WEBHOOK_NETWORKS has "10.0.0.0/33"'],
    ] as const)
      assert.throws(
        () => readAllowedEndpoints(hosts, networks),
        (error) => error instanceof Error && error.message.includes(`The environment variable ${said}`),
      );
  });
});

describe('the address of a webhook', () => {
  const inside = [
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254'],
    ...['100.64.0.1', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1'],
    ...['fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::127.0.0.1'],
    ...['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2001:db8::1', '2001::1', 'fec0::1'],
  ];

  it('is refused where it is not of the internet', () => {
    assert.deepEqual(inside.filter(isOfInternet), []);
    const outside = ['8.8.8.8', '172.32.0.1', '2606:4700::1', '2a00:1450:4001::200e'];
    assert.deepEqual(outside.filter(isOfInternet), outside);
  });

  it('is refused however a URL writes it: decimal, octal, hexadecimal, short, IPv4 in IPv6', async () => {
    const forms = ['2130706433', '0177.0.0.1', '0x7f.1', '127.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'];
    for (const form of [...forms, '0', '[::]', '169.254.169.254']) {
      const url = `https://${form}/`;
      const { host } = new URL(url);
      const allowed = readAllowedEndpoints(host, '');
      await assert.rejects(destinationOf({ url }, allowed, literally), {
        code: 'Configuration',
        message:
          /^The webhook \S+ is refused: its address \(\S+\) is not of the internet\. Allow the network/,
      });
    }
  });

  it('is refused where a name leads there, and taken without those that do', async () => {
    const allowed = readAllowedEndpoints('hooks.example.com', '');
    const endpoint = { url: 'https://hooks.example.com/' };
    await assert.rejects(destinationOf(endpoint, allowed, at('10.0.0.1', '::1')), {
      message: /its address \(10\.0\.0\.1, ::1\) is not of the internet/,
    });
    const { addresses } = await destinationOf(endpoint, allowed, at('10.0.0.1', '8.8.8.8'));
    assert.deepEqual(addresses, [{ address: '8.8.8.8', family: 4 }]);
  });

  it('may be in a network that the worker allows, and there alone without TLS', async () => {
    const allowed = readAllowedEndpoints('hooks.lan hooks.example.com', '10.0.0.0/8 ::1/128');
    const { addresses } = await destinationOf({ url: 'http://hooks.lan:90/' }, allowed, at('10.9.9.9'));
    assert.deepEqual(addresses, [{ address: '10.9.9.9', family: 4 }]);
    await assert.rejects(destinationOf({ url: 'http://hooks.example.com/' }, allowed, at('8.8.8.8')), {
      message:
        'The webhook hooks.example.com is refused: without TLS nothing is sent over the internet. Name it by https.',
    });
  });
});
