import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
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
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });
  const pin = (digestOf: string) => ({
    package: 'tensorflow-cpu',
    version: '0',
    platform: 'any',
    file: 'tf.whl',
    sha256: createHash('sha256').update(digestOf).digest('hex'),
  });
  /** A machine whose only program is a `pip3` that brings these bytes. */
  const onlyPip = (bytes: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'alpaca-pip-'));
    const script = `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\nprintf '%s' '${bytes}' > "$2/tf.whl"\n`;
    writeFileSync(join(folder, 'pip3'), script, { mode: 0o755 });
    process.env.PATH = folder;
  };
  const target = () => mkdtempSync(join(tmpdir(), 'alpaca-wheel-'));

  it('is brought by whichever pip is there', async () => {
    onlyPip('wheel bytes');
    const folder = target();
    assert.equal(await bringWheel(pin('wheel bytes'), folder), 'tensorflow-cpu wheel, pip3');
    assert.deepEqual(await readdir(folder), ['tf.whl']);
  });

  it('is refused with another digest, and everything that was tried is told', async () => {
    onlyPip('other bytes');
    const folder = target();
    await assert.rejects(
      bringWheel(pin('wheel bytes'), folder),
      /Tried python3 -m pip: not installed; .*pip3: .*is pinned.*pip: not installed.*Install Python's pip/,
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
