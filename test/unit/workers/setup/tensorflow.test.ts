import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { NODE, TEMPORAL, TENSORFLOW } from '../../../../workers/setup/pins.mjs';
import { bringEntries, bringWheel } from '../../../../workers/setup/pip.mjs';
import { findCompiler, isNeeded } from '../../../../workers/setup/tensorflow.mjs';
import { everyProgram, onlyPip } from './only-pip.ts';
import { zip } from './zip.ts';

describe('the TensorFlow set-up', () => {
  it('takes the two libraries and the headers that the binding includes', () => {
    assert.equal(isNeeded('tensorflow/libtensorflow_cc.so.2', 'linux'), true);
    assert.equal(isNeeded('tensorflow/libtensorflow_framework.2.dylib', 'darwin'), true);
    assert.equal(isNeeded('tensorflow/include/tensorflow/c/c_api.h', 'linux'), true);
    assert.equal(isNeeded('tensorflow/include/xla/tsl/c/tsl_status.h', 'linux'), true);
  });

  it('leaves the rest of the wheel', () => {
    assert.equal(isNeeded('tensorflow/include/Eigen/Core', 'linux'), false);
    assert.equal(isNeeded('tensorflow/python/_pywrap_tensorflow_internal.so', 'linux'), false);
    assert.equal(isNeeded('tensorflow/libtensorflow_cc.so.2', 'darwin'), false);
  });

  it('names the package to install where there is no compiler', async () => {
    await assert.rejects(
      findCompiler(['no-such-g++', undefined, 'no-such-clang++']),
      /needs a C\+\+ compiler; tried no-such-g\+\+, no-such-clang\+\+\. Install one: `apt-get install g\+\+`/,
    );
  });
});

describe('the wheel', () => {
  afterEach(everyProgram);
  const pin = (digestOf: string | Buffer) => ({
    package: 'tensorflow-cpu',
    version: '0',
    platform: 'any',
    file: 'tf.whl',
    sha256: createHash('sha256').update(digestOf).digest('hex'),
  });
  const target = () => mkdtempSync(join(tmpdir(), 'alpaca-wheel-'));

  it('is brought by whichever pip is there', async () => {
    onlyPip('tf.whl', 'wheel bytes');
    const folder = target();
    assert.equal(await bringWheel(pin('wheel bytes'), folder), 'tensorflow-cpu wheel, pip3');
    assert.deepEqual(await readdir(folder), ['tf.whl']);
  });

  it('is refused with another digest, and everything that was tried is told', async () => {
    onlyPip('tf.whl', 'other bytes');
    const folder = target();
    await assert.rejects(
      bringWheel(pin('wheel bytes'), folder),
      /Tried python3 -m pip: not installed; .*pip3: .*is pinned.*pip: not installed.*Install Python's pip/,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  const cublas = zip([
    { name: 'nvidia/cublas/lib/libcublas.so.12', content: 'code', method: 8 },
    { name: 'nvidia/cublas/include/cublas.h', content: 'header', method: 8 },
  ]);
  const entry = 'nvidia/cublas/lib/libcublas.so.12';

  it('leaves the wanted entries at their own paths, and itself is deleted', async () => {
    onlyPip('tf.whl', cublas);
    const folder = target();
    const options = { keep: (name: string) => name === entry, required: [entry] };
    assert.equal(await bringEntries(pin(cublas), folder, options), 'tensorflow-cpu wheel, pip3');
    assert.deepEqual((await readdir(folder, { recursive: true })).sort(), [
      'nvidia',
      'nvidia/cublas',
      'nvidia/cublas/lib',
      'nvidia/cublas/lib/libcublas.so.12',
    ]);
  });

  it('that lacks a required entry is refused', async () => {
    onlyPip('tf.whl', cublas);
    const required = ['nvidia/cublas/lib/libcublasLt.so.12'];
    await assert.rejects(
      bringEntries(pin(cublas), target(), { keep: (name: string) => required.includes(name), required }),
      /The wheel tf\.whl has no nvidia\/cublas\/lib\/libcublasLt\.so\.12\./,
    );
  });
});

describe('the pins', () => {
  it('agree with package.json', async () => {
    const { alpaca } = JSON.parse(
      await readFile(new URL('../../../../package.json', import.meta.url), 'utf8'),
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
    for (const { sha256 } of [...Object.values(TENSORFLOW), ...Object.values(TEMPORAL.archives)])
      assert.match(sha256, /^[0-9a-f]{64}$/);
  });
});
