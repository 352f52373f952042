import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { S3Bucket } from '../../../../../activities/artifacts/stores/s3-bucket.ts';
import { checkBucket } from '../../../../../activities/artifacts/stores/s3-check.ts';
import type { AlpacaError } from '../../../../../activities/errors.ts';
import { type Asked, type Scripted, type ScriptedS3, scriptedS3 } from './scripted-s3.ts';

let server: ScriptedS3;
const servers: ScriptedS3[] = [];
after(async () => {
  for (const each of servers) await each.close();
});

async function bucketThat(answers: (asked: Asked) => Scripted | null): Promise<S3Bucket> {
  server = await scriptedS3(answers);
  servers.push(server);
  return new S3Bucket(server.url);
}

describe('what a bucket says', () => {
  const cases: [what: string, said: Scripted, code: string, message: RegExp][] = [
    [
      'no such bucket',
      { status: 404, code: 'NoSuchBucket' },
      'StoreAway',
      /its bucket does not exist.*Create the bucket/,
    ],
    ['no permission', { status: 403, code: 'AccessDenied' }, 'Permission', /no permission.*s3:PutObject/],
    [
      'credentials that have expired',
      { status: 400, code: 'ExpiredToken' },
      'StoreAway',
      /credentials have expired.*Renew them/,
    ],
    [
      'an unknown key',
      { status: 403, code: 'InvalidAccessKeyId' },
      'StoreAway',
      /does not accept the credentials/,
    ],
    ['a wrong secret', { status: 403, code: 'SignatureDoesNotMatch' }, 'StoreAway', /AWS_SECRET_ACCESS_KEY/],
    [
      'a clock that is wrong',
      { status: 403, code: 'RequestTimeTooSkewed' },
      'StoreAway',
      /the clock of this machine is wrong.*NTP/,
    ],
    [
      'a full quota',
      { status: 403, code: 'QuotaExceeded' },
      'StorageFull',
      /quota or its disk is full.*alpaca prune/,
    ],
    ['a full disk of MinIO', { status: 507, code: 'XMinioStorageFull' }, 'StorageFull', /full/],
    [
      'another region',
      { status: 301, code: 'PermanentRedirect' },
      'Configuration',
      /another region.*AWS_REGION/,
    ],
  ];
  for (const [what, said, code, message] of cases)
    it(`is a sentence with a remedy: ${what}`, async () => {
      const bucket = await bucketThat(() => said);
      await assert.rejects(bucket.put('entries/a.json', 'a'), (error: AlpacaError) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.match(error.message, /^The store s3:\/\/bucket\/prefix\/entries\/a\.json: /);
        return true;
      });
    });

  it('is asked again after 5xx, and taken for away after five tries', async () => {
    let failures = 2;
    const bucket = await bucketThat(() => (failures-- > 0 ? { status: 500, code: 'InternalError' } : null));
    await bucket.put('a', 'content');
    assert.equal(server.asked.length, 3);
    failures = Number.POSITIVE_INFINITY;
    await assert.rejects(bucket.put('b', 'content'), { code: 'StoreAway', retryable: true });
    assert.equal(server.asked.length, 8);
  });

  it('is asked again where its answer breaks off', async () => {
    let halves = 2;
    const bucket = await bucketThat(() => (halves-- > 0 ? 'half' : { status: 200, xml: 'whole' }));
    assert.equal(String(await bucket.get('a')), 'whole');
    assert.equal(server.asked.length, 3);
  });

  it('is asked with the credentials as they are renewed, once they have expired', async () => {
    const bucket = await bucketThat(({ headers }) =>
      String(headers.authorization).includes('Credential=renewed/')
        ? { status: 200, xml: 'content' }
        : { status: 400, code: 'ExpiredToken' },
    );
    await assert.rejects(bucket.get('a'), { code: 'StoreAway', retryable: true });
    process.env.AWS_ACCESS_KEY_ID = 'renewed';
    assert.equal(String(await bucket.get('a')), 'content');
  });

  it('is asked with the credentials of a profile as its file has them by then', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-profile-'));
    const file = join(folder, 'credentials');
    const write = (key: string) =>
      writeFile(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`);
    await write('old');
    const bucket = await bucketThat(({ headers }) =>
      String(headers.authorization).includes('Credential=renewed/')
        ? { status: 200, xml: 'content' }
        : { status: 400, code: 'ExpiredToken' },
    );
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_SHARED_CREDENTIALS_FILE = file;
    test.after(async () => {
      delete process.env.AWS_SHARED_CREDENTIALS_FILE;
      await rm(folder, { recursive: true });
    });
    await assert.rejects(bucket.get('a'), { code: 'StoreAway', retryable: true });
    await write('renewed');
    assert.equal(String(await bucket.get('a')), 'content');
  });

  it('is waited for where nobody listens', async () => {
    const bucket = await bucketThat(() => null);
    await server.close();
    await assert.rejects(bucket.get('a'), (error: AlpacaError) => {
      assert.equal(error.code, 'StoreAway');
      assert.match(error.message, /there is no answer from it \(ECONNREFUSED/);
      return true;
    });
  });

  it('is refused where it names no bucket', async () => {
    await bucketThat(() => null);
    for (const url of ['s3://', 's3:/bucket', 's3:///prefix'])
      assert.throws(() => new S3Bucket(url), { code: 'Configuration' }, url);
    assert.equal(new S3Bucket('s3://bucket/a/b/').url, 's3://bucket/a/b');
    assert.equal(new S3Bucket('s3://bucket').keyOf('x'), 'x');
  });
});

describe('a put that one writer alone may win', () => {
  it('is won by a put whose answer was lost and that meets itself', async () => {
    let writer: string | undefined;
    const bucket = await bucketThat(({ method, headers }) => {
      if (method === 'HEAD') return { status: 200, headers: { 'x-amz-meta-alpaca-write': writer ?? '' } };
      const again = writer !== undefined;
      writer = String(headers['x-amz-meta-alpaca-write']);
      return again ? { status: 412, code: 'PreconditionFailed' } : 'cut';
    });
    assert.equal(await bucket.putOnce('intent.json', 'mine'), true);
    assert.deepEqual(
      server.asked.map(({ method, headers }) => [method, headers['if-none-match']]),
      [
        ['PUT', '*'],
        ['PUT', '*'],
        ['HEAD', undefined],
      ],
    );
  });

  it('is lost where the object is another’s', async () => {
    const bucket = await bucketThat(({ method }) =>
      method === 'HEAD'
        ? { status: 200, headers: { 'x-amz-meta-alpaca-write': 'another' } }
        : { status: 412, code: 'PreconditionFailed' },
    );
    assert.equal(await bucket.putOnce('intent.json', 'mine'), false);
  });

  it('is tried again while another write of the same is under way', async () => {
    let puts = 0;
    const bucket = await bucketThat(() => {
      puts += 1;
      return puts === 1 ? { status: 409, code: 'ConditionalRequestConflict' } : null;
    });
    assert.equal(await bucket.putOnce('intent.json', 'mine'), true);
    assert.equal(puts, 2);
  });
});

describe('a bucket before any work', () => {
  /** As a real one: the mark is put once; what the script leaves out is well. */
  function well({ method, path }: Asked, known: Set<string>): Scripted | null {
    if (method === 'HEAD') return { status: 200, headers: { 'x-amz-meta-alpaca-write': 'another' } };
    if (method === 'GET' && path.includes('versioning'))
      return { status: 200, xml: '<VersioningConfiguration/>' };
    if (method === 'GET') return { status: 200, xml: '<ListBucketResult/>' };
    if (method === 'POST') return { status: 200, xml: '<DeleteResult/>' };
    if (known.has(path)) return { status: 412, code: 'PreconditionFailed' };
    known.add(path);
    return null;
  }
  const checked = async (script: (asked: Asked) => Scripted | null) => {
    const known = new Set<string>();
    return checkBucket(await bucketThat((asked) => script(asked) ?? well(asked, known)));
  };

  it('is well where it can do all of it', () => checked(() => null));

  it('is refused where its endpoint puts although the object is there', async () => {
    const script = ({ method }: Asked) => (method === 'PUT' ? { status: 200 } : null);
    await assert.rejects(checked(script), {
      code: 'Configuration',
      message: /does not honour conditional puts \(If-None-Match\)/,
    });
  });

  it('is refused where its endpoint knows no conditional puts', async () => {
    const script = ({ method }: Asked): Scripted | null =>
      method === 'PUT' ? { status: 501, code: 'NotImplemented' } : null;
    await assert.rejects(checked(script), { code: 'Configuration', message: /conditional puts/ });
  });

  it('is refused where nothing may be deleted', async () => {
    const script = ({ method }: Asked): Scripted | null =>
      method === 'POST'
        ? {
            status: 200,
            xml: '<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
          }
        : null;
    await assert.rejects(checked(script), { code: 'Permission' });
  });

  const VERSIONED = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  const versioned =
    (lifecycle: Scripted) =>
    ({ method, path }: Asked): Scripted | null => {
      if (method === 'GET' && path.includes('versioning')) return { status: 200, xml: VERSIONED };
      return method === 'GET' && path.includes('lifecycle') ? lifecycle : null;
    };
  const rule = (prefix: string, what: string) => ({
    status: 200,
    xml: `<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Prefix>${prefix}</Prefix></Filter>${what}</Rule></LifecycleConfiguration>`,
  });
  const EXPIRES =
    '<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>';

  it('is refused with versioning that no rule ends', async () => {
    for (const lifecycle of [
      { status: 404, code: 'NoSuchLifecycleConfiguration' },
      { status: 501, code: 'NotImplemented' },
      rule('other/', EXPIRES),
      rule('', '<Expiration><Days>3</Days></Expiration>'),
    ])
      await assert.rejects(checked(versioned(lifecycle)), {
        code: 'Configuration',
        message: /has versioning.*NoncurrentVersionExpiration/,
      });
  });

  it('is well with versioning whose old versions expire', async () => {
    await checked(versioned(rule('', EXPIRES)));
    await checked(versioned(rule('prefix/', EXPIRES)));
  });

  it('is well where its rules may not be read, which is said', () =>
    checked(versioned({ status: 403, code: 'AccessDenied' })));
});
