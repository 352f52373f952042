import type { LifecycleRule } from '@aws-sdk/client-s3';
import { AlpacaError } from '../../errors.ts';
import { log } from '../../log.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { s3Code } from './s3-errors.ts';

/** What every store in a bucket has: it is put twice to see whether the second put is refused. */
const MARK = 'store.json';
const CONTENT = '{"store":"alpaca"}\n';

/**
 * Looks, before any work, whether a bucket can keep a store's promises: it is there, may be read, written and deleted
 * from, refuses a conditional put of what is there, and lets go of what is deleted.
 *
 * @throws AlpacaError: Configuration for a bucket or an endpoint that cannot, and what `s3Error` makes of an answer
 */
export async function checkBucket(bucket: S3Bucket): Promise<void> {
  await checkConditionalPuts(bucket);
  await bucket.list('entries/on-the-way/');
  await bucket.remove(['entries/nothing']);
  if (await isVersioned(bucket)) await checkVersionsExpire(bucket);
}

async function checkConditionalPuts(bucket: S3Bucket): Promise<void> {
  try {
    await bucket.putOnce(MARK, CONTENT);
    if (!(await bucket.putOnce(MARK, CONTENT))) return;
  } catch (error) {
    if (s3Code(error instanceof AlpacaError ? error.cause : error) !== 'NotImplemented') throw error;
  }
  throw new AlpacaError(
    'Configuration',
    `The endpoint of ${bucket.url} does not honour conditional puts (If-None-Match): two workers could each believe that they are the one.`,
    { remedy: 'Use one that does, such as Amazon S3, MinIO, Ceph or versitygw, or a folder.' },
  );
}

/** An endpoint that knows no versions, or keeps to itself whether it has them, is taken for one without. */
async function isVersioned(bucket: S3Bucket): Promise<boolean> {
  try {
    return await bucket.with('', async (client, { GetBucketVersioningCommand }) => {
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket.name }));
      return Status === 'Enabled';
    });
  } catch (error) {
    if (error instanceof AlpacaError && (error.code === 'Permission' || isUnknownThere(error))) return false;
    throw error;
  }
}

async function checkVersionsExpire(bucket: S3Bucket): Promise<void> {
  const rules = await rulesOf(bucket);
  if (rules === null)
    return log.warn(
      'The bucket has versioning, and whether a lifecycle rule expires noncurrent versions may not be read: without one, what is deleted stays and is paid for.',
      { store: bucket.url },
    );
  const key = bucket.keyOf('artifacts/');
  const isExpiring = rules.some(
    ({ Status, Filter, Prefix, NoncurrentVersionExpiration }) =>
      Status === 'Enabled' &&
      NoncurrentVersionExpiration !== undefined &&
      key.startsWith(Filter?.Prefix ?? Prefix ?? '') &&
      Filter?.And === undefined &&
      Filter?.Tag === undefined,
  );
  if (isExpiring) return;
  throw new AlpacaError(
    'Configuration',
    `The bucket of ${bucket.url} has versioning: each checkpoint that a training leaves behind, and all that is pruned, would stay in it for ever.`,
    {
      remedy:
        'Add a lifecycle rule with NoncurrentVersionExpiration for the prefix, suspend versioning, or name another bucket.',
    },
  );
}

/** Null where they may not be read. */
async function rulesOf(bucket: S3Bucket): Promise<LifecycleRule[] | null> {
  try {
    return await bucket.with('', async (client, { GetBucketLifecycleConfigurationCommand }) => {
      const asked = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name });
      return (await client.send(asked)).Rules ?? [];
    });
  } catch (error) {
    if (!(error instanceof AlpacaError)) throw error;
    if (error.code === 'Permission') return null;
    if (isUnknownThere(error) || s3Code(error.cause) === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

function isUnknownThere({ cause }: AlpacaError): boolean {
  return s3Code(cause) === 'NotImplemented';
}
