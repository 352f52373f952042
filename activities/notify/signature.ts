import { createHmac, timingSafeEqual } from 'node:crypto';

/** Signatures as Standard Webhooks describes them: https://www.standardwebhooks.com */

/** How far the clocks of a sender and a receiver may differ, and how old a request may be. */
const TOLERANCE_SECONDS = 300;

export interface SignedHeaders {
  'webhook-id': string;
  /** seconds since 1970, of this try */
  'webhook-timestamp': string;
  /** one for each secret: `v1,BASE64 v1,BASE64` */
  'webhook-signature': string;
}

/** @param secrets the bytes of each: where one takes the place of another, both sign for a while */
export function sign(
  { id, body, at }: { id: string; body: string; at: Date },
  secrets: readonly Buffer[],
): SignedHeaders {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets
      .map((secret) => `v1,${macOf(secret, id, timestamp, body).toString('base64')}`)
      .join(' '),
  };
}

/** Null where a body is as it was signed by one of the secrets, else why it is not taken. */
export function verify(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  secrets: readonly Buffer[],
  now: Date,
): string | null {
  const [id, timestamp, signatures] = (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const).map(
    (name) => headers[name],
  );
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return 'a header of webhook-id, webhook-timestamp and webhook-signature is missing';
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (!(Math.abs(now.getTime() / 1000 - seconds) <= TOLERANCE_SECONDS))
    return `its timestamp is ${TOLERANCE_SECONDS} s or more away`;
  const given = signatures.split(' ').flatMap((signature) => {
    const [version, text = ''] = signature.split(',');
    return version === 'v1' ? [Buffer.from(text, 'base64')] : [];
  });
  const isSigned = secrets.some((secret) => {
    const expected = macOf(secret, id, timestamp, body);
    return given.some((mac) => mac.length === expected.length && timingSafeEqual(mac, expected));
  });
  return isSigned ? null : 'no signature is by the secret';
}

function macOf(secret: Buffer, id: string, timestamp: string, body: string): Buffer {
  return createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest();
}
