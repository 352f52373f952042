import { z } from 'zod';

/**
 * Steps pass references, never data. A reference names one artifact of the content-addressed store:
 * `uri` is `artifact://KIND/SHA256/NAME`, `sha256` the digest of the file (or of a folder's sorted file
 * list), `bytes` its size and `rows` how many rows (for a folder: files) it holds.
 */
export const artifactReference = z.strictObject({
  uri: z
    .string()
    .regex(/^artifact:\/\/[a-z0-9-]+\/[0-9a-f]{64}\/[^/\\]+$/, 'expected artifact://KIND/SHA256/NAME'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
  bytes: z.int().min(0),
  rows: z.int().min(0),
});
export type ArtifactReference = z.infer<typeof artifactReference>;

/**
 * Where data comes from: a reference, an `artifact://` uri, `builtin` (what this package ships for the
 * step), or a path beneath one of the worker's import folders.
 */
export const dataSource = z.union([artifactReference, z.string().min(1)]);
export type DataSource = z.infer<typeof dataSource>;
