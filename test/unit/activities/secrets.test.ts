import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  hideSecret,
  hideSecretsOf,
  secretless,
  secretlessAnswer,
  withoutSecrets,
} from '../../../activities/secrets.ts';

const KEY = 'sk-canary-Zx81Qw7Rt5Yu3Io9+/Pa';
hideSecret(KEY);

describe('what is said', () => {
  it('has [key] in place of a secret', () => {
    assert.equal(withoutSecrets(`Bearer ${KEY}.`), 'Bearer [key].');
  });

  it('has no piece of one that is eight characters or longer', () => {
    for (let start = 0; start + 8 <= KEY.length; start += 1) {
      const piece = KEY.slice(start, start + 8);
      assert.equal(withoutSecrets(`<${piece}>`), '<[key]>', piece);
    }
    assert.equal(withoutSecrets('sk-canary...Zx81Qw7Rt5Y'), '[key]...[key]');
  });

  it('keeps what is shorter', () => {
    assert.equal(withoutSecrets('sk-cana canary'), 'sk-cana canary');
  });

  for (const [form, text] of [
    ['base64', Buffer.from(KEY).toString('base64')],
    ['base64url', Buffer.from(KEY).toString('base64url')],
    ['base64 behind a name, as a header has it', Buffer.from(`user:${KEY}`).toString('base64')],
    ['base64 behind a longer name', Buffer.from(`user1:${KEY}`).toString('base64')],
    ['a URL', encodeURIComponent(KEY)],
    ['a URL with codes in small letters', KEY.replace('+', '%2b').replace('/', '%2f')],
    ['JSON', JSON.stringify(KEY)],
  ] as const) {
    it(`hides its form in ${form}`, () => {
      const said = withoutSecrets(text);
      assert.match(said, /\[key\]/);
      const left = said.replaceAll('[key]', ' ').split(' ');
      assert.deepEqual(
        left.filter((piece) => piece.length > 8),
        [],
        said,
      );
    });
  }

  it('is left as it is where there is no secret in it', () => {
    const text = 'The answer is 42, and Zx81 is a name.';
    assert.equal(withoutSecrets(text), text);
  });

  it('keeps the plain words of a key that is made of words', () => {
    hideSecret('sk-no-key-required');
    assert.equal(withoutSecrets('A value is required.'), 'A value is required.');
    assert.equal(withoutSecrets('Bearer sk-no-key-required'), 'Bearer [key]');
  });

  it('leaves what placeholders have and honest texts too', () => {
    for (const placeholder of [`sk-${'0'.repeat(20)}`, '-'.repeat(12), 'xxxxxxxxxxxx', 'sk-1234567890'])
      hideSecret(placeholder);
    for (const text of ['1000000000000', '|----------|', 'xxxxxxxx', 'Call 1234567890.', '0123456789'])
      assert.equal(withoutSecrets(text), text);
  });

  it('does not hide what is too short to be a secret', () => {
    hideSecret('none');
    hideSecret(undefined);
    assert.equal(withoutSecrets('There is none.'), 'There is none.');
  });

  it('hides the tokens of the environment, and the variables that a profile names', () => {
    hideSecretsOf({ HF_TOKEN: 'hf_abcdefgh1234', MY_KEY: 'a1b2c3d4e5', PATH: '/usr/bin/env' }, ['MY_KEY']);
    assert.equal(withoutSecrets('hf_abcdefgh1234 a1b2c3d4e5 /usr/bin/env'), '[key] [key] /usr/bin/env');
  });

  it('hides the password of a proxy, and not its name', () => {
    hideSecretsOf({ HTTPS_PROXY: 'http://me:pq7Rt5Yu3Io9@proxy.example:3128' });
    assert.equal(
      withoutSecrets('http://me:pq7Rt5Yu3Io9@proxy.example:3128'),
      'http://me:[key]@proxy.example:3128',
    );
  });

  it('hides what spans are sent with, and not the headers’ names', () => {
    hideSecretsOf({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20Qs8vWx2yZa6b,x-team=Mn3oPq9rSt' });
    assert.equal(
      withoutSecrets('authorization Bearer Qs8vWx2yZa6b x-team Mn3oPq9rSt'),
      'authorization Bearer [key] x-team [key]',
    );
  });
});

describe('a value without secrets', () => {
  it('has none in any string or name of it, and is the same object where it had none', () => {
    const clean = { a: [1, 'x'], b: null };
    assert.equal(secretless(clean), clean);
    assert.deepEqual(secretless({ a: [1, { [KEY]: `is ${KEY}` }], b: 2 }), {
      a: [1, { '[key]': 'is [key]' }],
      b: 2,
    });
  });

  it('has no half of a surrogate pair, which no message can hold, unless it is an answer, which is counted', () => {
    assert.equal(secretless('a\ud800b'), 'a\ufffdb');
    assert.equal(withoutSecrets('a\ud800b'), 'a\ufffdb');
    assert.deepEqual(secretlessAnswer({ text: ['a\ud800b', KEY] }), { text: ['a\ud800b', '[key]'] });
  });

  it('is cut where it is nested deeper than anything of ours', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    assert.ok(JSON.stringify(secretless(deep)).length < 300);
  });
});
