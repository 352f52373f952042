import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfiguration } from '../../../../workers/configuration.ts';
import { typeName } from '../../../../workers/fleet/namespace.ts';
import { SEARCH_ATTRIBUTES } from '../../../../workflows/search-attributes.ts';

const service = z.looseObject({
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.unknown()).optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
});

describe('docker-compose.yml', async () => {
  const text = await readFile(new URL('../../../../docker-compose.yml', import.meta.url), 'utf8');
  const { services } = z
    .looseObject({ services: z.record(z.string(), service) })
    .parse(parse(text, { merge: true }));

  it('takes images by digest, as the Dockerfile does its bases', async () => {
    const dockerfile = await readFile(new URL('../../../../Dockerfile', import.meta.url), 'utf8');
    const images = [
      ...[...text.matchAll(/^ +image: (\S+)$/gm)].map(([, image]) => image),
      ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image),
    ];
    assert.ok(images.length > 5);
    for (const image of images)
      assert.match(String(image), /^alpaca-temporal$|^[a-z/-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('registers every search attribute of runs', () => {
    const command = services['search-attributes']?.command?.join(' ') ?? '';
    const registered = [...command.matchAll(/--name (\w+) --type (\w+)/g)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    assert.deepEqual(
      registered,
      SEARCH_ATTRIBUTES.map((found) => `${found.name} ${typeName(found)}`),
    );
  });

  it('gives the key of a paid teacher to the data worker alone, which asks teachers', () => {
    const knowing = Object.entries(services).filter(([, { environment = {} }]) =>
      Object.keys(environment).includes('OPENAI_API_KEY'),
    );
    assert.deepEqual(
      knowing.map(([name]) => name),
      ['data-worker'],
    );
  });

  it('keeps histories for ten years: the image’s default is a day', () => {
    assert.equal(services.temporal?.environment?.DEFAULT_NAMESPACE_RETENTION, '87600h');
  });

  for (const name of ['data-worker', 'gpu-worker']) {
    it(`lets the ${name} take the 330 s that it may need to stop`, () => {
      const [, seconds] = /^(\d+)s$/.exec(services[name]?.stop_grace_period ?? '') ?? [];
      assert.ok(Number(seconds) > 330, `stop_grace_period: ${services[name]?.stop_grace_period}`);
    });

    it(`asks the ${name} where its health is served`, () => {
      const worker = services[name];
      const environment = Object.fromEntries(
        Object.entries(worker?.environment ?? {}).map(([key, value]) => [key, String(value)]),
      );
      const { health } = readConfiguration({ ALPACA_HEALTH_PORT: environment.ALPACA_HEALTH_PORT });
      assert.ok(health);
      assert.ok(worker?.healthcheck?.test.join(' ').includes(`http://127.0.0.1:${health.port}/readyz`));
    });
  }
});
