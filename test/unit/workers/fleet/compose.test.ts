import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfiguration } from '../../../../workers/configuration.ts';
import { typeName } from '../../../../workers/fleet/namespace.ts';
import { SEARCH_ATTRIBUTES } from '../../../../workflows/search-attributes.ts';

const service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  secrets: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.unknown()).optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
});

const scraping = z.looseObject({
  scrape_configs: z.array(
    z.looseObject({
      dns_sd_configs: z.array(z.looseObject({ names: z.array(z.string()), port: z.int() })).optional(),
    }),
  ),
});

describe('docker-compose.yml', async () => {
  const fileOf = (path: string) => readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');
  const text = await fileOf('docker-compose.yml');
  const { services } = z
    .looseObject({ services: z.record(z.string(), service) })
    .parse(parse(text, { merge: true }));

  it('takes images by digest, as the Dockerfile does its bases', async () => {
    const dockerfile = await fileOf('Dockerfile');
    const stages = [...dockerfile.matchAll(/ AS (\S+)/g)].map(([, stage]) => stage);
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    const images = [
      ...Object.values(services).map(({ image }) => image),
      ...bases.filter((image) => !stages.includes(image)),
    ];
    assert.ok(images.length > 12);
    for (const image of images)
      assert.match(String(image), /^alpaca-temporal(:cuda)?$|^[a-z/-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('registers every search attribute of runs, and keeps histories for ten years', async () => {
    const script = await fileOf('deploy/temporal/namespace.sh');
    const registered = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    assert.deepEqual(
      registered,
      SEARCH_ATTRIBUTES.map((found) => `${found.name} ${typeName(found)}`),
    );
    assert.ok(script.includes('--retention 87600h'));
  });

  it('gives secrets by file, each to the services that need it: keys of teachers to the data worker alone', () => {
    const knowing = (secret: string) =>
      Object.entries(services)
        .filter(([, { secrets = [] }]) => secrets.includes(secret))
        .map(([name]) => name);
    assert.deepEqual(knowing('teachers'), ['data-worker']);
    assert.deepEqual(knowing('web'), ['web']);
    assert.deepEqual(knowing('postgres_password'), ['postgresql', 'temporal-schema', 'temporal']);
    assert.deepEqual(knowing('store'), ['store', 'data-worker', 'gpu-worker', 'gpu-worker-nvidia', 'web']);
    const variables = Object.values(services).flatMap(({ environment = {} }) => Object.keys(environment));
    assert.ok(variables.length > 50);
    const secret = /KEY|TOKEN|PASSWORD|SECRET/;
    assert.deepEqual(
      variables.filter((name) => secret.test(name)),
      ['POSTGRES_PASSWORD_FILE', 'GF_SECURITY_ADMIN_PASSWORD__FILE'],
    );
  });

  it('passes on what a person may set, and sets nothing to an empty text that a file of secrets could say', () => {
    const passed = ['OPENAI_BASE_URL', 'OPENAI_MODEL', 'ALPACA_OPENAI_PRICE', 'ALPACA_LOG_FORMAT'];
    const traced = ['ALPACA_LOG_LEVEL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
    const environment = services['data-worker']?.environment ?? {};
    assert.deepEqual(
      Object.keys(environment).filter((name) => environment[name] === null),
      [...passed, ...traced],
    );
  });

  it('has Prometheus ask every worker where it serves what it measures', async () => {
    const found = scraping.parse(parse(await fileOf('deploy/prometheus/prometheus.yml'))).scrape_configs[0];
    const [{ names, port } = {}] = found?.dns_sd_configs ?? [];
    const workers = ['data-worker', 'gpu-worker', 'gpu-worker-nvidia'];
    assert.deepEqual(names, workers);
    for (const name of workers) assert.equal(services[name]?.environment?.ALPACA_METRICS_PORT, port);
  });

  for (const name of ['data-worker', 'gpu-worker', 'gpu-worker-nvidia']) {
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
