import { readFileSync } from 'node:fs';
import { AlpacaError } from '../errors.ts';
import { hideSecret } from '../secrets.ts';

/** As Standard Webhooks has them: 24 to 64 bytes. */
const BYTES = { least: 24, most: 64 };

/** The variable that holds a secret, and with `_FILE` the one that names its file: `ops` is ALPACA_WEBHOOK_SECRET_OPS. */
export function secretVariable(name: string): string {
  return `ALPACA_WEBHOOK_SECRET_${name.toUpperCase()}`;
}

/**
 * The bytes of the secrets of a name: one, or while one takes the place of another several, separated by white space.
 *
 * @throws AlpacaError Configuration naming the variable that is not set, or holds no `whsec_` and base64
 */
export function secretsOf(name: string, env: NodeJS.ProcessEnv): Buffer[] {
  const variable = secretVariable(name);
  const file = env[`${variable}_FILE`];
  const texts = (env[variable] || (file ? readSecretFile(file, variable) : '')).split(/\s+/).filter(Boolean);
  if (texts.length === 0)
    throw new AlpacaError('Configuration', `There is no webhook secret ${JSON.stringify(name)}.`, {
      remedy: `Set ${variable}, or ${variable}_FILE, in the workers’ environment.`,
    });
  return texts.map((text) => {
    hideSecret(text);
    const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length < BYTES.least || bytes.length > BYTES.most)
      throw new AlpacaError('Configuration', `${variable} holds no secret of a webhook.`, {
        remedy: `It is "whsec_" and ${BYTES.least} to ${BYTES.most} random bytes in base64.`,
      });
    return bytes;
  });
}

function readSecretFile(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AlpacaError('Configuration', `The file that ${variable}_FILE names cannot be read.`, {
      remedy: 'Name one that the worker may read.',
      cause: error,
    });
  }
}
