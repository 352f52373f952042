import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { until } from '../chaos/in-flight.ts';
import { type ComposedFleet, startComposedFleet } from './composed-fleet.ts';
import { missingForStandIns, NOT_TO_BE_HAD, STAND_INS } from './stand-ins.ts';

/** All of the recipe, some minutes long where other work is done beside it. */
const RUN = {
  generate: { target: 120, concurrency: 2, roundSize: 2, promptsPerRequest: 1 },
  train: { epochs: 2, shardsPerEpoch: 2, globalBatch: 4, checkpointEverySteps: 2 },
  evaluate: { maxInstructions: 4, maxNewTokens: 8 },
};
const MINUTES = 20;

const ended = z.looseObject({
  status: z.string(),
  result: z.looseObject({ generate: z.looseObject({ accepted: z.int() }) }),
});

describe('docker-compose.yml, brought up', async () => {
  const missing = await missingForStandIns();
  let fleet: ComposedFleet;

  before(async () => {
    if (missing === null) fleet = await startComposedFleet();
  });
  after(async () => {
    await fleet?.end();
    if (missing !== null) return;
    console.error('What this cannot show:');
    for (const [image, { differs }] of Object.entries(STAND_INS)) console.error(`  ${image}: ${differs}`);
    for (const [image, reason] of Object.entries(NOT_TO_BE_HAD)) console.error(`  ${image}: ${reason}`);
    console.error('  profile nvidia and target cuda: there is no GPU, and no image is built for one');
    console.error(
      '  digests of images; Docker’s own engine and compose: podman and podman-compose are in their place',
    );
  });
  const step = (name: string, work: () => Promise<void>) =>
    it(name, async (test) => (missing === null ? work() : test.skip(missing)));

  step('names no image but those with a stand-in, or known not to be had', async () => {
    const known = [...Object.keys(STAND_INS), ...Object.keys(NOT_TO_BE_HAD)].sort();
    assert.deepEqual([...fleet.project.images].sort(), known);
  });

  step('has every service healthy', () => fleet.healthy());

  step('starts a run by the CLI in the tools’ container, and reaches rows', async () => {
    await fleet.start('shown', RUN);
    await until(async () => (await fleet.progress('shown')).accepted >= 10, MINUTES);
  });

  for (const service of ['data-worker', 'temporal', 'store', 'postgresql'])
    step(`starts ${service} again, whose process was killed`, async () => {
      await fleet.kill(service);
      await until(() => fleet.podman.isHealthy(service), MINUTES);
      const { accepted } = await fleet.progress('shown');
      await until(async () => (await fleet.progress('shown')).accepted > accepted, MINUTES);
    });

  step('trains on, after its GPU worker was killed', async () => {
    await until(async () => (await fleet.progress('shown')).trained > 4, MINUTES);
    await fleet.kill('gpu-worker');
    const { trained } = await fleet.progress('shown');
    await until(async () => (await fleet.progress('shown')).trained > trained, MINUTES);
  });

  step('goes on after down and up', async () => {
    await fleet.podman.compose('down');
    await fleet.podman.compose('up', '--detach');
    await fleet.healthy();
  });

  step('ends with rows and a model, which the result names', async () => {
    const answer = await fleet.temporal('workflow', 'result', '--workflow-id', 'shown', '--output', 'json');
    const { status, result } = ended.parse(JSON.parse(answer));
    assert.equal(status, 'COMPLETED');
    assert.ok(result.generate.accepted >= 120, `${result.generate.accepted} rows`);
  });

  step('shows the run on the web service to who has its token, and to nobody else', async () => {
    const url = `http://127.0.0.1:${fleet.ports.WEB_PORT}/api/runs/shown`;
    const [, token] =
      /ALPACA_WEB_TOKEN=(\w+)/.exec(await readFile(`${fleet.project.folder}/deploy/secrets/web`, 'utf8')) ??
      [];
    assert.equal((await fetch(url)).status, 401);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
  });

  step('keeps secrets out of what containers are started with', async () => {
    for (const service of fleet.project.checked) {
      const told = await fleet.podman.run('inspect', fleet.container(service));
      for (const secret of fleet.secrets) assert.ok(!told.includes(secret), `${service} is told a secret`);
    }
  });

  step('has Prometheus scrape the server, and every worker by its service', async () => {
    const asked = (query: string) =>
      fleet.podman.exec('prometheus', 'promtool', 'query', 'instant', 'http://127.0.0.1:9090', query);
    assert.match(await asked('up{job="temporal"}'), /=> 1 @/);
    const workers = async () =>
      [...(await asked('up{job="alpaca"} == 1')).matchAll(/service="([^"]+)"/g)]
        .map(([, name]) => name)
        .sort();
    await until(async () => (await workers()).length > 1, MINUTES);
    assert.deepEqual(await workers(), ['data-worker', 'gpu-worker']);
  });
});
