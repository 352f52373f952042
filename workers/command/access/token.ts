import { createToken, listTokens, revokeToken, type TokenListing } from '../../runs/access/tokens.ts';
import { ROLES, type Role } from '../../runs/access/visitor.ts';
import { UsageError } from '../outcome.ts';
import { openStore } from '../place.ts';
import type { Terminal } from '../terminal.ts';

export interface CreateOptions {
  role: string;
  usdPerDay?: string;
  days?: string;
}

/** `alpaca token create`: it is printed once. */
export async function create(name: string, options: CreateOptions, terminal: Terminal): Promise<void> {
  const role = ROLES.find((known) => known === options.role);
  if (role === undefined) throw new UsageError(`--role is one of ${ROLES.join(', ')}, not ${options.role}.`);
  if (name.trim() === '' || name.length > 80) throw new UsageError('A name has 1 to 80 characters.');
  const days = options.days === undefined ? null : amount('--days', options.days, MOST_DAYS);
  const { token, listing } = await createToken(openStore(), {
    name,
    role,
    usdPerDay: usdPerDayOf(role, options.usdPerDay),
    expiresAt: days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString(),
  });
  terminal.say(`${textOf(listing)}\nIt is shown once:`);
  terminal.result({ token, ...listing }, token);
}

/** A hundred years. */
const MOST_DAYS = 36_500;

/** Only whoever may grant money needs a bound. */
function usdPerDayOf(role: Role, given: string | undefined): number | null {
  if (role === 'spend' && given === undefined)
    throw new UsageError('The role spend needs --usd-per-day USD, what it may grant in a day.');
  if (role !== 'spend' && given !== undefined)
    throw new UsageError(`--usd-per-day is of the role spend, and not of ${role}.`);
  if (given !== undefined) return amount('--usd-per-day', given);
  return role === 'admin' ? null : 0;
}

function amount(option: string, text: string, most = 999_999_999): number {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= most) return value;
  throw new UsageError(`${option} is a number above 0 and at most ${most}, not ${text}.`);
}

/** `alpaca token list` */
export async function list(terminal: Terminal): Promise<void> {
  const tokens = await listTokens(openStore());
  terminal.result(tokens, tokens.length > 0 ? tokens.map(textOf).join('\n') : 'There is no token.');
}

/** `alpaca token revoke` */
export async function revoke(id: string, terminal: Terminal): Promise<void> {
  const listing = await revokeToken(openStore(), id);
  terminal.result(listing, textOf(listing));
}

function textOf({ id, name, role, usdPerDay, expiresAt, revokedAt }: TokenListing): string {
  const money = role === 'spend' ? `, ${usdPerDay} USD a day` : '';
  const end = expiresAt === null ? '' : `, until ${expiresAt}`;
  return `${id}  ${name}: ${role}${money}${end}${revokedAt === null ? '' : `, revoked ${revokedAt}`}`;
}
