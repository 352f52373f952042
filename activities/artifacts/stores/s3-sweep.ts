import type { MultipartUpload } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { mapAtOnce } from '../../process/at-once.ts';
import { ARTIFACT_MANIFEST, type Remains } from '../store.ts';
import type { S3Bucket, StoredObject } from './s3-bucket.ts';

const AT_ONCE = { atOnce: 8, signal: new AbortController().signal };

/**
 * What uploads left in a bucket that were broken off: objects beneath `artifacts/KIND/SHA256/UPLOAD/` that no manifest
 * names, and parts of objects that were never put together.
 *
 * @param before milliseconds since 1970: an artifact of which anything is younger is left alone
 */
export async function sweepBucket(bucket: S3Bucket, before: number, isAsked: boolean): Promise<Remains> {
  const objects = await unnamedObjects(bucket, before);
  const uploads = (await unfinishedUploads(bucket)).filter(
    ({ Initiated }) => Initiated !== undefined && Initiated.getTime() < before,
  );
  if (isAsked) {
    await bucket.remove(objects.map(({ key }) => key));
    await mapAtOnce(uploads, AT_ONCE, (upload) => abort(bucket, upload));
  }
  return {
    names: [
      ...objects.map(({ key }) => key),
      ...uploads.map(({ Key = '' }) => `parts of ${bucket.beneath(Key)}`),
    ],
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function unnamedObjects(bucket: S3Bucket, before: number): Promise<StoredObject[]> {
  const homes = new Map<string, StoredObject[]>();
  for (const object of await bucket.list('artifacts/')) {
    const home = object.key.split('/').slice(0, 3).join('/');
    homes.set(home, [...(homes.get(home) ?? []), object]);
  }
  const found: StoredObject[] = [];
  for (const [home, objects] of homes) {
    if (objects.some(({ putAt }) => putAt >= before)) continue;
    const manifest = await bucket.get(`${home}/${ARTIFACT_MANIFEST}`);
    const upload = manifest === null ? null : uploadIn(manifest.toString('utf8'));
    // A manifest that cannot be read may name any of them.
    if (upload === undefined) continue;
    const isNamed = ({ key }: StoredObject) =>
      key === `${home}/${ARTIFACT_MANIFEST}` || key.startsWith(`${home}/${upload}/`);
    found.push(...objects.filter((object) => upload === null || !isNamed(object)));
  }
  return found;
}

const naming = z.looseObject({ upload: z.string().min(1) });

/** The upload that a manifest names; undefined where the text is no such manifest. */
export function uploadIn(text: string): string | undefined {
  try {
    return naming.safeParse(JSON.parse(text)).data?.upload;
  } catch {
    return undefined;
  }
}

async function unfinishedUploads(bucket: S3Bucket): Promise<MultipartUpload[]> {
  return bucket.with('artifacts/', async (client, { ListMultipartUploadsCommand }) => {
    const found: MultipartUpload[] = [];
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const answer = await client.send(
        new ListMultipartUploadsCommand({
          Bucket: bucket.name,
          Prefix: bucket.keyOf('artifacts/'),
          ...markers,
        }),
      );
      found.push(...(answer.Uploads ?? []));
      if (!answer.IsTruncated) return found;
      markers = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker };
    }
  });
}

function abort(bucket: S3Bucket, { Key, UploadId }: MultipartUpload): Promise<void> {
  return bucket.with('artifacts/', async (client, { AbortMultipartUploadCommand }) => {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key, UploadId }));
  });
}
