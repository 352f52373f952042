import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDecoder } from '../../../../../activities/model/tokenizer/decoder.ts';
import { createTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';

const REPLACE = { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' };
const STRIP = { type: 'Strip', content: ' ', start: 1, stop: 0 };
const LLAMA = { type: 'Sequence', decoders: [REPLACE, { type: 'ByteFallback' }, { type: 'Fuse' }, STRIP] };
const metaspace = (prepend_scheme: string) => ({ type: 'Metaspace', replacement: '\u2581', prepend_scheme });
const bytes = (hex: string) => hex.split(' ').map((byte) => `<0x${byte}>`);

/** What `tokenizers` 0.23.3, the Rust library behind Python, makes of the same tokens. */
const EXPECTED: Record<string, { decoder: object; cases: [tokens: string[], text: string][] }> = {
  'bytes by fallback': {
    decoder: { type: 'ByteFallback' },
    cases: [
      [bytes('E2 82 AC'), '€'],
      [bytes('EF BB BF'), '\ufeff'],
      [['a', ...bytes('EF BB BF'), 'b'], 'a\ufeffb'],
      [bytes('E2 82'), '\ufffd\ufffd'],
      [[...bytes('E2 82'), 'a'], '\ufffd\ufffda'],
      [bytes('E2 82 AC FF'), '\ufffd\ufffd\ufffd\ufffd'],
      [bytes('41 C3'), '\ufffd\ufffd'],
      [bytes('ED A0 80'), '\ufffd\ufffd\ufffd'],
      [bytes('F0 9F 98'), '\ufffd\ufffd\ufffd'],
      [['<0xC3>', '\u2581', '<0xA9>'], '\ufffd\u2581\ufffd'],
      [bytes('e2 82 ac'), '€'],
      [bytes('+f'), '\u000f'],
      [['<0xG1>', '<0x4>', '<0x041>', '<0xé>'], '<0xG1><0x4><0x041><0xé>'],
    ],
  },
  'a Llama’s sequence': {
    decoder: LLAMA,
    cases: [
      [['\u2581a', '\u2581b'], 'a b'],
      [['\u2581\u2581a'], ' a'],
      [[...bytes('EF BB BF'), '\u2581a'], '\ufeff a'],
      [[...bytes('20 20'), 'x'], ' x'],
      [['\u2581'], ''],
      [[...bytes('E2 82'), '\u2581x'], '\ufffd\ufffd x'],
    ],
  },
  'byte-level characters': {
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    cases: [
      [['Ġa', 'Ã', '©'], ' aé'],
      [['ï»¿'], '\ufeff'],
      [['â', 'Ĥ'], '\ufffd'],
      [['â', 'Ĥ', '<s>', 'a'], '\ufffd<s>a'],
      [['é', 'a'], '\ufffda'],
      [['日Ġ', 'Ġ'], '日Ġ '],
      [['a b'], 'a b'],
      [['â', '日', 'Ĥ'], '\ufffd日\ufffd'],
    ],
  },
  'Metaspace that always puts a space before': {
    decoder: metaspace('always'),
    cases: [
      [['\u2581a', '\u2581b'], 'a b'],
      [['\u2581\u2581a'], 'a'],
      [['a\u2581b', 'c'], 'abc'],
      [[' a'], ' a'],
      [['', '\u2581a'], ' a'],
    ],
  },
  'Metaspace that puts one before the first': {
    decoder: metaspace('first'),
    cases: [[['\u2581\u2581a'], 'a']],
  },
  'Metaspace that never does': {
    decoder: metaspace('never'),
    cases: [
      [['\u2581a', '\u2581b'], ' a b'],
      [['\u2581\u2581a'], '  a'],
    ],
  },
  'an end of words': {
    decoder: { type: 'BPEDecoder', suffix: '</w>' },
    cases: [
      [['a</w>', 'b</w>'], 'a b'],
      [['a', 'b</w>'], 'ab'],
      [['a</w>', 'b</w>', ''], 'a b '],
    ],
  },
  'stripping at both ends': {
    decoder: { type: 'Strip', content: ' ', start: 1, stop: 1 },
    cases: [[['  a  ', 'b '], ' a b']],
  },
  'stripping a character of two units': {
    decoder: { type: 'Strip', content: '😀', start: 1, stop: 0 },
    cases: [[['😀😀a'], '😀a']],
  },
  'a replacement that looks like a pattern': {
    decoder: { type: 'Replace', pattern: { String: 'a' }, content: '$&$1' },
    cases: [[['aba', 'c'], '$&$1b$&$1c']],
  },
  'a replaced expression': {
    decoder: { type: 'Replace', pattern: { Regex: 'a+' }, content: '-' },
    cases: [[['aaba', 'ca', 'a'], '-b-c--']],
  },
};

describe('decoding gives what Hugging Face’s library gives', () => {
  for (const [name, { decoder, cases }] of Object.entries(EXPECTED))
    for (const [tokens, text] of cases)
      it(`${name}: ${JSON.stringify(tokens)}`, () => {
        assert.equal(createDecoder(decoder)?.(tokens), text);
      });

  it('or is refused by name', () => {
    for (const type of ['WordPiece', 'CTC', 'Other'])
      assert.throws(() => createDecoder({ type: 'Sequence', decoders: [{ type }] }), {
        message: `its decoder ${type} is not supported`,
      });
  });
});

describe('ids of a tokenizer are decoded as there', () => {
  const vocab = { '<unk>': 0, '</s>': 1, '<0xE2>': 2, '<0x82>': 3, '<0xAC>': 4, '\u2581a': 5, a: 6, b: 7 };
  const added = (id: number, content: string, special: boolean, normalized = false) => ({
    ...{ id, content, special, normalized, single_word: false, lstrip: false, rstrip: false },
  });
  const open = (decoder: object | null, config: object = {}) => {
    const tokenizer = {
      model: { type: 'BPE', vocab, merges: [], unk_token: '<unk>', byte_fallback: true },
      normalizer: { type: 'Replace', pattern: { String: 'b' }, content: 'c' },
      decoder,
      added_tokens: [
        added(0, '<unk>', true),
        added(1, '</s>', true),
        added(8, 'xbx', true, true),
        added(9, 'yby', false, true),
      ],
    };
    return createTokenizer(
      { tokenizer, config: { eos_token: '</s>', ...config }, map: {}, addedTokens: {} },
      'it',
    );
  };
  const decoded = ({ decode }: ReturnType<typeof open>, ids: number[]) =>
    [true, false].map((skipSpecialTokens) => decode(ids, { skipSpecialTokens }));

  it('an id that is no token’s is nothing, and a special token parts bytes where it is not left out', () => {
    assert.deepEqual(decoded(open(LLAMA), [5, 999, 6]), ['aa', 'aa']);
    assert.deepEqual(decoded(open(LLAMA), [999]), ['', '']);
    assert.deepEqual(decoded(open(LLAMA), [2, 1, 3, 4]), ['€', '\ufffd</s>\ufffd\ufffd']);
  });

  it('an added token is its normalized form, which alone can be special', () => {
    assert.deepEqual(decoded(open({ type: 'Fuse' }), [6, 8, 1, 9]), ['axcxycy', 'axcx</s>ycy']);
  });

  it('a token by itself is its bytes inside a text: with its space, and a part of a character as that part', () => {
    const bytesOf = (decoder: object | null, ids: number[]) =>
      ids.map((id) => Buffer.from(open(decoder).bytesOf(id)).toString('hex'));
    assert.deepEqual(bytesOf(LLAMA, [5, 6, 2, 3, 1, 999]), ['2061', '61', 'e2', '82', '3c2f733e', '']);
    assert.deepEqual(bytesOf({ type: 'Metaspace' }, [5, 6]), ['2061', '61']);
    assert.deepEqual(bytesOf({ type: 'ByteLevel' }, [6, 7]), ['61', '62']);
    assert.deepEqual(bytesOf(null, [6]), ['2061']);
  });

  it('without a decoder tokens stand apart', () => {
    assert.deepEqual(decoded(open(null), [5, 6, 7]), ['\u2581a a b', '\u2581a a b']);
  });

  it('spaces are not cleaned up, which transformers 5 does not do where the model is BPE', () => {
    const tokenizer = open(null, { clean_up_tokenization_spaces: true });
    assert.equal(tokenizer.decode([6, 6], { skipSpecialTokens: true }), 'a a');
  });
});
