import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { pythonWith } from '../../../bench/python.ts';
import { createToken } from '../../../workers/runs/access/tokens.ts';
import { knownRuns } from '../../../workers/runs/runs.ts';
import { runSteering } from '../../../workers/runs/steering.ts';
import { createWebService } from '../../../workers/web/server.ts';
import { temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { scriptedRatings } from '../../unit/workers/web/scripted-ratings.ts';
import { startHarness } from '../../workflow/harness.ts';
import { fuzzMinutes } from '../minutes.ts';

const found = await pythonWith('schemathesis', {
  modules: ['schemathesis'],
  packages: ['schemathesis==4.32.5'],
});
const missing = 'missing' in found ? found.missing : false;

/** What a description promises: it is asked what it allows, and what it does not. */
const CHECKS = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance'],
  ...['response_headers_conformance', 'response_schema_conformance'],
].join(',');
/** Runs that are started meanwhile would be many. */
const ENDED_AFTER_MS = 3000;

const minutes = fuzzMinutes();

describe(`for ${minutes} minutes the API, asked by schemathesis`, { skip: missing }, () => {
  it('answers less than 500, and nothing that its description has not', {
    timeout: (minutes + 10) * 60_000,
  }, async () => {
    assert.ok('python' in found);
    const harness = await startHarness();
    const temporary = await temporaryStore();
    const { client } = harness.environment;
    const places = { client, store: temporary.store, server: 'the server', taskQueue: harness.taskQueue };
    const about = { name: 'schemathesis', role: 'admin', usdPerDay: null, expiresAt: null } as const;
    const { token } = await createToken(temporary.store, about);
    const app = await createWebService({
      ...{ runs: knownRuns(places), steering: runSteering(places), ratings: scriptedRatings(null) },
      ...{ store: temporary.store, host: '127.0.0.1', token: null, ratersToken: null },
      place: { address: '127.0.0.1:7233', namespace: 'default', temporalUiUrl: null, chatUrl: null },
      requestsPerMinuteByToken: 1e9,
    });
    const ending = setInterval(() => void endOld(), ENDED_AFTER_MS);
    const endOld = async () => {
      for await (const { workflowId, startTime } of client.workflow.list({
        query: 'ExecutionStatus = "Running"',
      }))
        if (Date.now() - startTime.getTime() > ENDED_AFTER_MS)
          await client.workflow
            .getHandle(workflowId)
            .terminate('it was only a try')
            .catch(() => {}); // it ended
    };
    try {
      await harness.withWorker({}, async () => {
        const url = await app.listen({ host: '127.0.0.1', port: 0 });
        const child = spawn(
          found.python,
          [
            ...['-m', 'schemathesis.cli', 'run', `${url}/api/v1/openapi.json`],
            ...['-H', `Authorization: Bearer ${token}`, '--checks', CHECKS],
            ...['--max-time', String(Math.round(minutes * 60)), '--request-timeout', '30'],
            // An input's schema is large, and what follows a run goes on for as long as it does.
            ...['--suppress-health-check', 'all', '--exclude-path', '/runs/{run}/events'],
          ],
          // It keeps what it found beside it.
          { cwd: temporary.folder, stdio: 'inherit' },
        );
        const [code] = await once(child, 'close');
        assert.equal(code, 0);
      });
    } finally {
      clearInterval(ending);
      await app.close();
      await harness.close();
      await temporary[Symbol.asyncDispose]();
    }
  });
});
