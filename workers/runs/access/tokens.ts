import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { ROLES, type Visitor } from './visitor.ts';

/**
 * Tokens of visitors: a record each in the store, `entries/access/tokens/ID.json`, which every service over this store
 * reads. It has the digest of the token's secret part, 256 random bits, and not the secret.
 */
const FOLDER = 'access/tokens';
const TOKEN = /^alpaca_([0-9a-f]{12})_([\w-]{43})$/;

const tokenRecord = z.object({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().min(1).max(80),
  role: z.enum(ROLES),
  usdPerDay: z.number().min(0).nullable(),
  /** of the secret, in hexadecimal digits */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
type TokenRecord = z.infer<typeof tokenRecord>;

/** What anybody may know of a token. */
export type TokenListing = Omit<TokenRecord, 'sha256'>;

type Store = Pick<ArtifactStore, 'readEntry' | 'writeEntry' | 'listEntries'>;

/** Whether a text is of the form that tokens made here have. */
export function looksLikeToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Makes a token.
 *
 * @param about.usdPerDay null: no bound
 * @returns the token, which is nowhere else: who loses it makes another
 */
export async function createToken(
  store: Store,
  about: Pick<TokenRecord, 'name' | 'role' | 'usdPerDay' | 'expiresAt'>,
  now = new Date(),
): Promise<{ token: string; listing: TokenListing }> {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const { name, role, usdPerDay, expiresAt } = about;
  const listing = { id, name, role, usdPerDay, createdAt: now.toISOString(), expiresAt, revokedAt: null };
  await write(store, { ...listing, sha256: digestOf(secret).toString('hex') });
  return { token: `alpaca_${id}_${secret}`, listing };
}

/** The visitor whom a token names; null where it is none of ours, is over or was revoked. */
export async function visitorOf(store: Store, token: string, now = new Date()): Promise<Visitor | null> {
  const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
  const record = id === '' ? null : await read(store, id);
  if (record === null || !timingSafeEqual(digestOf(secret), Buffer.from(record.sha256, 'hex'))) return null;
  const { name, role, usdPerDay, expiresAt, revokedAt } = record;
  if (revokedAt !== null || (expiresAt !== null && new Date(expiresAt) <= now)) return null;
  return { id, name, role, usdPerDay };
}

/** Milliseconds for which a token that was revoked may still open something. */
const BELIEVED_MS = 5000;
const MOST_BELIEVED = 1000;

/** The same for a service that is asked often: it believes what the store said for five seconds. */
export function tokenReader(
  store: Store,
  now: () => number = Date.now,
): (token: string) => Promise<Visitor | null> {
  const believed = new Map<string, { visitor: Visitor; until: number }>();
  return async (token) => {
    const key = digestOf(token).toString('hex');
    const known = believed.get(key);
    if (known !== undefined && known.until > now()) return known.visitor;
    const visitor = await visitorOf(store, token, new Date(now()));
    believed.delete(key);
    if (visitor === null) return null;
    if (believed.size >= MOST_BELIEVED) believed.clear();
    believed.set(key, { visitor, until: now() + BELIEVED_MS });
    return visitor;
  };
}

/** All that were ever made, by when. */
export async function listTokens(store: Store): Promise<TokenListing[]> {
  const names = await store.listEntries(FOLDER);
  const records = await Promise.all(names.map((name) => read(store, name.replace(/\.json$/, ''))));
  return records
    .flatMap((record) => (record === null ? [] : [listingOf(record)]))
    .sort((left, right) => left.createdAt.localeCompare(right.createdAt));
}

/**
 * Lets a token open nothing any more; its record stays, for the name in the runs that it started.
 *
 * @throws AlpacaError NotFound
 */
export async function revokeToken(store: Store, id: string, now = new Date()): Promise<TokenListing> {
  const record = /^[0-9a-f]{12}$/.test(id) ? await read(store, id) : null;
  if (record === null)
    throw new AlpacaError('NotFound', `There is no token ${id}.`, {
      remedy: 'List their ids with `npx alpaca token list`.',
    });
  const revoked = { ...record, revokedAt: record.revokedAt ?? now.toISOString() };
  await write(store, revoked);
  return listingOf(revoked);
}

function listingOf({ sha256: _, ...listing }: TokenRecord): TokenListing {
  return listing;
}

async function read(store: Store, id: string): Promise<TokenRecord | null> {
  const content = await store.readEntry(`${FOLDER}/${id}.json`);
  if (content === null) return null;
  try {
    return tokenRecord.safeParse(JSON.parse(content.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

async function write(store: Store, record: TokenRecord): Promise<void> {
  await store.writeEntry(`${FOLDER}/${record.id}.json`, `${JSON.stringify(record, null, 2)}\n`);
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
