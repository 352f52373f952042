import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  readHeader,
  readTensors,
  type Weight,
  writeTensors,
} from '../../../../../activities/model/folder/safetensors.ts';

const FIXTURE = fileURLToPath(
  new URL('../../../../fixtures/model-folder/dtypes.safetensors', import.meta.url),
);
const METADATA = { format: 'pt' };

async function readAll(path: string): Promise<Map<string, Weight>> {
  const tensors = new Map<string, Weight>();
  for await (const { name, ...weight } of readTensors(path)) tensors.set(name, weight);
  return tensors;
}

/** A file with this header over so many zero bytes. */
function fileOf(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const f32 = (shape: number[], ...offsets: number[]) => ({ dtype: 'F32', shape, data_offsets: offsets });

describe('safetensors', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  after(() => rm(folder, { recursive: true }));

  describe("as Hugging Face's own library writes it", () => {
    it('is read in f32, f16 and bf16, bit for bit', async () => {
      const tensors = await readAll(FIXTURE);
      assert.deepEqual([...tensors.keys()].sort(), ['brain', 'half', 'single']);
      assert.deepEqual(tensors.get('single')?.shape, [2, 3]);
      const bits = new Uint32Array(tensors.get('single')?.data.buffer ?? new ArrayBuffer(0), 0, 6);
      assert.deepEqual([...bits], [0, 0x80000000, 0x3fc00000, 0x802363ae, 0x7f7fffff, 0x7f800000]);
      assert.deepEqual(
        [...(tensors.get('half')?.data ?? [])],
        [1, -2.5, 2 ** -14, 2 ** -24, 65504, -Infinity],
      );
      assert.deepEqual(tensors.get('brain')?.shape, [3, 2]);
      const brain = new Uint32Array(tensors.get('brain')?.data.buffer ?? new ArrayBuffer(0));
      assert.deepEqual([...brain], [0x3f800000, 0xc0200000, 0x00010000, 0x7f7f0000, 0xff800000, 0x3eab0000]);
    });

    it('gives its header without its tensors, and skips those not wanted', async () => {
      const entries = await readHeader(FIXTURE);
      assert.deepEqual(entries.map(({ name, dtype, bytes }) => [name, dtype, bytes]).sort(), [
        ['brain', 'BF16', 12],
        ['half', 'F16', 12],
        ['single', 'F32', 24],
      ]);
      const names: string[] = [];
      for await (const { name } of readTensors(FIXTURE, ({ dtype }) => dtype === 'F16')) names.push(name);
      assert.deepEqual(names, ['half']);
    });
  });

  describe('written', () => {
    const odd = Float32Array.of(-0, 1e-45, 0.1, Number.NaN, -Infinity);
    const tensors = new Map<string, Weight>([
      ['z', { shape: [5], data: odd }],
      ['a.weight', { shape: [2, 1], data: Float32Array.of(1, 2) }],
      ['scalar', { shape: [], data: Float32Array.of(7) }],
      ['none', { shape: [0, 3], data: new Float32Array(0) }],
    ]);

    it('in f32 comes back bit for bit', async () => {
      const path = join(folder, 'f32.safetensors');
      await writeTensors(path, tensors, { dtype: 'F32', metadata: METADATA });
      const back = await readAll(path);
      assert.equal(back.size, 4);
      for (const [name, { shape, data }] of tensors) {
        assert.deepEqual(back.get(name)?.shape, shape);
        const found = back.get(name)?.data ?? new Float32Array();
        assert.deepEqual(new Uint32Array(found.buffer), new Uint32Array(data.buffer));
      }
    });

    it('in bf16 comes back rounded to nearest even', async () => {
      const path = join(folder, 'bf16.safetensors');
      const data = Float32Array.of(1.00390625, 1.01171875, 1.005);
      await writeTensors(path, new Map([['t', { shape: [3], data }]]), { dtype: 'BF16', metadata: METADATA });
      // steps of 1/128 above 1: a tie to even down, a tie to even up, the nearest
      assert.deepEqual([...((await readAll(path)).get('t')?.data ?? [])], [1, 1.015625, 1.0078125]);
    });

    it('has the metadata that transformers asks for and tensors aligned to 8 bytes', async () => {
      const path = join(folder, 'layout.safetensors');
      await writeTensors(path, tensors, { dtype: 'F32', metadata: METADATA });
      const bytes = await readFile(path);
      const headerBytes = Number(bytes.readBigUInt64LE(0));
      assert.equal(headerBytes % 8, 0);
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes));
      assert.deepEqual(header.__metadata__, { format: 'pt' });
      assert.deepEqual(header['a.weight'], f32([2, 1], 0, 8));
      assert.equal(bytes.length, 8 + headerBytes + 32);
    });

    it('leaves nothing behind when it fails', async () => {
      const wrong = new Map<string, Weight>([['t', { shape: [2], data: Float32Array.of(1) }]]);
      await assert.rejects(
        writeTensors(join(folder, 'wrong.safetensors'), wrong, { dtype: 'F32', metadata: METADATA }),
        RangeError,
      );
      assert.deepEqual(
        (await readdir(folder)).filter((name) => name.startsWith('wrong')),
        [],
      );
    });
  });

  const refusals: Array<[string, Buffer, RegExp]> = [
    ['no header', Buffer.from('abc'), /bad\.safetensors is truncated: it has 3 bytes/],
    [
      'a cut header',
      fileOf({ a: f32([2], 0, 8) }, 0).subarray(0, 30),
      /truncated: it has 30 bytes, and its header/,
    ],
    ['a cut tensor', fileOf({ a: f32([2], 0, 8), b: f32([2], 8, 16) }, 11), /truncated: .*: b is cut off/],
    ['a header that is no JSON', fileOf('{"a": ', 0), /its header is no JSON object/],
    ['a header of an absurd length', Buffer.alloc(64, 0xff), /its header would be \d+ bytes long/],
    ['an entry without a shape', fileOf({ a: { dtype: 'F32' } }, 0), /entry for a is not in the format/],
    [
      'a dtype that is not read',
      fileOf({ a: { dtype: 'F8_E4M3', shape: [8], data_offsets: [0, 8] } }, 8),
      /a has the dtype F8_E4M3, and only F32, F16, BF16 are read/,
    ],
    ['a shape of another size', fileOf({ a: f32([3], 0, 8) }, 8), /a has 8 bytes, and F32 \[3\] needs 12/],
    [
      'overlapping tensors',
      fileOf({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
      /the bytes of b overlap those of another tensor/,
    ],
    ['a gap', fileOf({ a: f32([2], 0, 8), b: f32([2], 12, 20) }, 20), /4 bytes before b belong to no tensor/],
    ['bytes after the end', fileOf({ a: f32([2], 0, 8) }, 9), /1 bytes after the last tensor belong to none/],
  ];
  for (const [what, bytes, message] of refusals) {
    it(`is refused for ${what}`, async () => {
      const path = join(folder, 'bad.safetensors');
      await writeFile(path, bytes);
      await assert.rejects(readHeader(path), { code: 'InvalidInput', message });
    });
  }

  it('that is not there is named', async () => {
    await assert.rejects(readHeader('/no/such.safetensors'), { code: 'NotFound', message: /no\/such/ });
  });
});
