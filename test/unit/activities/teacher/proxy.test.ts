import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentFor, NODE_FLAGS } from '../../../../workers/setup/launch.mjs';
import { BARE_ENVIRONMENT } from '../../../bare-environment.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { chatReply, startScriptedTeacher } from './scripted-teacher.ts';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./ask-child.ts', import.meta.url));

/** A proxy on loopback that brings every host's requests to one port, or to none. */
async function startProxy(test: TestContext, port: number | null) {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', ({ url }, client) => {
    asked.push(url ?? '');
    if (port === null) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => server.close());
  return { asked, url: `http://me:a-password@127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What a process that the launcher starts says when it asks a teacher. */
async function asked(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run(process.execPath, [...NODE_FLAGS, CHILD], {
    env: environmentFor(
      { node: process.execPath, temporal: null },
      { ...BARE_ENVIRONMENT, OPENAI_API_KEY: 'a-key-of-mine', OPENAI_MODEL: 'm', ...env },
    ),
  });
  return stdout.trim();
}

describe('a teacher behind a proxy', () => {
  it('is asked through the one that the environment names', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('by the proxy')));
    const proxy = await startProxy(test, Number(new URL(teacher.baseUrl).port));
    const env = { OPENAI_BASE_URL: 'http://teacher.invalid/v1', HTTP_PROXY: proxy.url };
    assert.equal(await asked(env), 'by the proxy');
    assert.deepEqual(proxy.asked, ['teacher.invalid:80']);
  });

  it('is asked without it where NO_PROXY names it, and on this machine always', async (test) => {
    const teacher = disposedAfter(test, await startScriptedTeacher(() => chatReply('directly')));
    const proxy = await startProxy(test, null);
    for (const NO_PROXY of ['', 'elsewhere.example'])
      assert.equal(
        await asked({ OPENAI_BASE_URL: teacher.baseUrl, HTTP_PROXY: proxy.url, NO_PROXY }),
        'directly',
      );
    const named = {
      OPENAI_BASE_URL: teacher.baseUrl.replace('127.0.0.1', '127.0.0.2'),
      NO_PROXY: '127.0.0.2',
    };
    assert.match(await asked({ ...named, HTTP_PROXY: proxy.url }), /^TeacherUnavailable: .*\(ECONNREFUSED\)/);
    assert.deepEqual(proxy.asked, []);
  });

  it('owes nothing where the proxy lets it through to nobody, and names the proxy', async (test) => {
    const proxy = await startProxy(test, null);
    const env = { OPENAI_BASE_URL: 'https://teacher.invalid/v1', HTTPS_PROXY: proxy.url };
    const said = await asked(env);
    assert.match(
      said,
      /^TeacherUnavailable: .*cannot be reached at https:\/\/teacher\.invalid\/v1 \(the proxy/,
    );
    assert.match(said, /HTTPS_PROXY, NO_PROXY/);
    assert.equal(said.includes('a-password'), false);
  });
});
