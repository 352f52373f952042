import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NODE, TEMPORAL, TENSORFLOW } from '../../../workers/setup/pins.mjs';
import { bringWheel, findCompiler, placeOf } from '../../../workers/setup/tensorflow.mjs';

describe('the TensorFlow set-up', () => {
  it('takes the two libraries and the headers that the binding includes', () => {
    assert.equal(placeOf('tensorflow/libtensorflow_cc.so.2', 'linux'), 'libtensorflow_cc.so.2');
    assert.equal(
      placeOf('tensorflow/libtensorflow_framework.2.dylib', 'darwin'),
      'libtensorflow_framework.2.dylib',
    );
    assert.equal(placeOf('tensorflow/include/tensorflow/c/c_api.h', 'linux'), 'include/tensorflow/c/c_api.h');
    assert.equal(
      placeOf('tensorflow/include/xla/tsl/c/tsl_status.h', 'linux'),
      'include/xla/tsl/c/tsl_status.h',
    );
  });

  it('leaves the rest of the wheel', () => {
    assert.equal(placeOf('tensorflow/include/Eigen/Core', 'linux'), null);
    assert.equal(placeOf('tensorflow/python/_pywrap_tensorflow_internal.so', 'linux'), null);
    assert.equal(placeOf('tensorflow/libtensorflow_cc.so.2', 'darwin'), null);
  });

  it('names the package to install where there is no compiler', async () => {
    await assert.rejects(
      findCompiler(['no-such-g++', undefined, 'no-such-clang++']),
      /needs a C\+\+ compiler; tried no-such-g\+\+, no-such-clang\+\+\. Install one: `apt-get install g\+\+`/,
    );
  });
});

describe('the wheel', () => {
  const body = 'wheel bytes';
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/pkg/tf.whl' ? 200 : 404;
    response.end(body);
  });
  const path = process.env.PATH;
  let url = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pkg`;
    process.env.PATH = '/nowhere';
  });
  after(() => {
    process.env.PATH = path;
    server.close();
  });
  const pin = (digestOf: string) => ({
    package: 'tensorflow-cpu',
    version: '0',
    platform: 'any',
    file: 'tf.whl',
    sha256: createHash('sha256').update(digestOf).digest('hex'),
    url,
  });

  it('is downloaded directly where there is no pip', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpaca-wheel-'));
    assert.equal(await bringWheel(pin(body), folder), 'tensorflow-cpu wheel, direct download');
    assert.equal(await readFile(join(folder, 'tf.whl'), 'utf8'), body);
  });

  it('is refused with another digest, and everything that was tried is told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpaca-wheel-'));
    await assert.rejects(
      bringWheel(pin('other bytes'), folder),
      /Tried python3 -m pip: not installed; .*pip: not installed; .*is pinned.*Install Python's pip/,
    );
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('the pins', () => {
  it('agree with package.json', async () => {
    const { alpaca } = JSON.parse(
      await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as {
      alpaca: Record<string, string>;
    };
    assert.equal(NODE['linux-x64']?.version, alpaca.node);
    assert.equal(TEMPORAL.version, alpaca.temporal);
    assert.equal(TENSORFLOW['linux-x64']?.version, alpaca.tensorflow);
  });

  it('have a full digest each', () => {
    for (const { integrity } of Object.values(NODE))
      assert.equal(Buffer.from(integrity.replace('sha512-', ''), 'base64').length, 64);
    for (const { sha256 } of Object.values(TENSORFLOW)) assert.match(sha256, /^[0-9a-f]{64}$/);
  });
});
