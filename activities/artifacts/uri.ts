import { artifactReference } from '../../workflows/contracts/data.ts';
import { AlpacaError } from '../errors.ts';

/** The parts of an artifact's uri: `artifact://KIND/SHA256/NAME`. */
export interface UriParts {
  kind: string;
  sha256: string;
  name: string;
}

/** @throws AlpacaError InvalidInput for what is no artifact uri, or leads out of the store */
export function parseUri(uri: string): UriParts {
  const checked = artifactReference.shape.uri.safeParse(uri);
  const [kind, sha256, name] = uri.slice('artifact://'.length).split('/');
  if (!checked.success || !kind || !sha256 || !name || name === '..' || name === '.') {
    throw new AlpacaError('InvalidInput', `${uri} is no artifact uri.`, {
      remedy: 'Expected artifact://KIND/SHA256/NAME.',
    });
  }
  return { kind, sha256, name };
}

/** The digests of all artifacts that a text names by uri. */
export function artifactDigests(text: string): string[] {
  return [...text.matchAll(/artifact:\/\/[a-z0-9-]+\/([0-9a-f]{64})/g)].flatMap(([, digest]) => digest ?? []);
}
