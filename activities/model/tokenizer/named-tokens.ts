import { z } from 'zod';
import type { TokenizerFiles } from './tokenizer-files.ts';

export type SpecialRole = 'bos_token' | 'eos_token' | 'unk_token' | 'pad_token';

/** The roles that every tokenizer may have a token for, in the order in which `transformers` adds them. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** A token as a file spells it: its text alone, or with its flags. */
export type NamedToken = string | TokenWithFlags;

export interface TokenWithFlags {
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  special: boolean;
  /** where it is not said, tokens that are not special are */
  normalized?: boolean | undefined;
}

export interface NamedTokens {
  /** by role: the common ones first, then those of a tokenizer's own, such as image_token */
  roles: ReadonlyMap<string, NamedToken>;
  /** special tokens without a role */
  extra: readonly NamedToken[];
}

/**
 * The special tokens that the files name beside tokenizer.json, read as `transformers` 5.23 does: where
 * tokenizer_config.json has an added_tokens_decoder, special_tokens_map.json is not looked at; elsewhere it
 * goes before tokenizer_config.json, be it with null.
 */
export function namedTokens({ config, map }: Pick<TokenizerFiles, 'config' | 'map'>): NamedTokens {
  const settings: Record<string, unknown> = { ...config };
  if (!isGiven(settings[EXTRA])) rename(settings, ADDITIONAL, EXTRA);
  let own = takeOwnRoles(settings);
  if (!('added_tokens_decoder' in config)) {
    for (const [key, value] of Object.entries(map)) {
      if (key !== EXTRA) settings[key] = asSpecial(value);
      else settings[key] = Array.isArray(value) ? [...listOf(settings[key]), ...value.map(asSpecial)] : value;
    }
    own = { ...takeOwnRoles(settings), ...own };
  }
  if (!(EXTRA in settings)) rename(settings, ADDITIONAL, EXTRA);
  const common = ROLES.map((role): [string, unknown] => [role, settings[role]]);
  const roles = [...common, ...Object.entries(own)].flatMap(([role, value]) =>
    readToken(value).map((token): [string, NamedToken] => [role, token]),
  );
  return { roles: new Map(roles), extra: listOf(settings[EXTRA]).flatMap(readToken) };
}

/** The text of a role's token; a name that `transformers` does not look at goes for one that it lacks. */
export function specialToken(
  files: Pick<TokenizerFiles, 'config' | 'map'>,
  role: SpecialRole,
): string | null {
  const [token] = [
    ...readToken(namedTokens(files).roles.get(role)),
    ...readToken(files.config[role]),
    ...readToken(files.map[role]),
  ];
  return token === undefined ? null : contentOf(token);
}

export function contentOf(token: NamedToken): string {
  return typeof token === 'string' ? token : token.content;
}

/** How files write the flags of a token. */
export const tokenWithFlags = z.object({
  content: z.string().min(1),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  special: z.boolean().default(false),
  normalized: z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined),
});

// details -----------------------------------------------------------------------------------------------
const ADDITIONAL = 'additional_special_tokens';
const EXTRA = 'extra_special_tokens';
const OWN = 'model_specific_special_tokens';

/** Takes out the roles that are a tokenizer's own: keys that end in _token, and dictionaries of them. */
function takeOwnRoles(settings: Record<string, unknown>): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) {
    const isToken = typeof value === 'string' || (isDictionary(value) && '__type' in value);
    if (!isToken || !key.endsWith('_token') || ROLES.includes(key)) continue;
    own[key] = value;
    delete settings[key];
  }
  for (const key of [OWN, EXTRA]) {
    if (!isDictionary(settings[key])) continue;
    Object.assign(own, settings[key]);
    delete settings[key];
  }
  return own;
}

/** In the map, an object is a special token whatever it says itself. */
function asSpecial(value: unknown): unknown {
  return isDictionary(value) ? { ...value, __type: 'AddedToken', special: true } : value;
}

/** Nothing where `value` is no token. An object that does not say that it is one is taken as in the map. */
function readToken(value: unknown): NamedToken[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  const { data } = tokenWithFlags.safeParse(value);
  if (data === undefined) return [];
  return [isDictionary(value) && '__type' in value ? data : { ...data, special: true }];
}

function rename(settings: Record<string, unknown>, from: string, to: string): void {
  if (!(from in settings)) return;
  settings[to] = settings[from];
  delete settings[from];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What Python takes for true. */
function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isDictionary(value) && Object.keys(value).length > 0;
}
