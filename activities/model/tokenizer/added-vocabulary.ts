import { z } from 'zod';
import { type AddedToken, parseAddedTokens } from './added-tokens.ts';
import {
  contentOf,
  type NamedToken,
  namedTokens,
  type TokenWithFlags,
  tokenWithFlags,
} from './named-tokens.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

export interface AddedVocabulary {
  /** every token that is looked for in a text */
  tokens: AddedToken[];
  /** `tokens` as tokenizer.json lists them: what it lists already as it stands, where nothing is changed */
  json: unknown[];
  /** contents that no vocabulary had, in the order of their ids, the highest: those that the files name … */
  named: string[];
  /** … and those of `more` */
  more: string[];
}

/**
 * The added tokens of a tokenizer once `transformers` 5.23 has opened its folder: those of tokenizer.json,
 * then those of added_tokens_decoder (or added_tokens.json), and what the files name as special tokens.
 * One that the vocabulary has keeps its id, others get the next ones.
 *
 * @param more contents to add as special tokens after all these
 * @throws Error where the ids or the flags that `transformers` gives cannot be given here
 */
export function addedVocabulary(files: TokenizerFiles, more: readonly string[] = []): AddedVocabulary {
  const { model, normalizer, added_tokens } = tokenizerFile.parse(files.tokenizer);
  const listed = parseAddedTokens(added_tokens);
  const asListed = new Additions(model.vocab);
  for (const token of listed) asListed.add([token], token.id);
  const before = new Map(asListed.finish(normalizer !== null).map((token) => [token.content, token]));

  const additions = new Additions(model.vocab);
  for (const token of listed) additions.add([token], token.id);
  additions.add(tokensToAdd(files, listed));
  const named = [...additions.created];
  for (const content of more)
    additions.add([{ ...PLAIN, ...additions.current.get(content), content, special: true }]);
  const tokens = additions.finish(normalizer !== null);
  const after = new Map(tokens.map((token) => [token.content, token]));
  const json = (added_tokens ?? []).map((entry, i) => {
    const { content = '' } = listed[i] ?? {};
    const now = after.get(content);
    return now && !sameFlags(before.get(content), now) ? { ...entry, ...now } : entry;
  });
  const added = tokens.filter(({ content }) => !before.has(content)).sort((a, b) => a.id - b.id);
  return { tokens, json: [...json, ...added], named, more: additions.created.slice(named.length) };
}

// details -----------------------------------------------------------------------------------------------
const tokenizerFile = z.looseObject({
  // What is wrong with a model is said where the library is given it.
  model: z
    .looseObject({ vocab: z.custom<Record<string, number>>((value) => value instanceof Object) })
    .catch({ vocab: {} }),
  normalizer: z.unknown().transform((value) => value ?? null),
  added_tokens: z.array(z.looseObject({})).nullish(),
});

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** What `transformers` adds to the tokens that tokenizer.json lists, in its order. */
function tokensToAdd(files: TokenizerFiles, listed: readonly AddedToken[]): Addition[] {
  const { roles, extra } = namedTokens(files);
  const recorded = recordedTokens(files, listed, new Set([...roles.values(), ...extra].map(contentOf)));
  const known = new Set([...listed, ...recorded].map(({ content }) => content));
  const named = new Map<string, NamedToken>(roles);
  const padding = z.looseObject({ pad_token: z.string() }).safeParse(files.tokenizer.padding).data;
  if (padding && !('pad_token' in files.config || 'pad_token' in files.map))
    named.set('pad_token', padding.pad_token);

  const toAdd: NamedToken[] = [...recorded];
  for (const token of [...named.values(), ...extra])
    if (!known.has(contentOf(token)) && !toAdd.some((other) => isSame(other, token))) toAdd.push(token);
  const inRoles = new Set([...named.values()].map(contentOf));
  return toAdd.map((token) => {
    if (typeof token === 'string') return { ...PLAIN, content: token };
    const special = token.special || inRoles.has(token.content);
    return { ...token, special, normalized: token.normalized ?? !special };
  });
}

/** What the files record by id, in the order of ids. */
function recordedTokens(
  { config, addedTokens }: TokenizerFiles,
  listed: readonly AddedToken[],
  special: ReadonlySet<string>,
): TokenWithFlags[] {
  if ('added_tokens_decoder' in config) {
    const decoder = z.record(z.string(), tokenWithFlags).parse(config.added_tokens_decoder);
    return inOrder(Object.entries(decoder).map(([id, token]) => [Number(id), token]));
  }
  const old = Object.entries(z.record(z.string(), z.int().min(0)).parse(addedTokens));
  return inOrder([
    ...old.map(([content, id]): [number, TokenWithFlags] => {
      const isSpecial = special.has(content);
      return [id, { ...PLAIN, content, special: isSpecial, normalized: !isSpecial }];
    }),
    ...listed.map((token): [number, TokenWithFlags] => [token.id, token]),
  ]);
}

function inOrder<Token>(tokens: [number, Token][]): Token[] {
  return [...new Map(tokens)].sort(([a], [b]) => a - b).map(([, token]) => token);
}

function isSame(one: NamedToken, other: NamedToken): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.content === other.content && sameFlags(one, other);
}

type Addition = Omit<AddedToken, 'id'>;

/**
 * Tokens added as the Rust library (0.23) does: one that is there already has its flags replaced, but once
 * special it stays so, and it is looked for as each of its forms said.
 */
class Additions {
  readonly current = new Map<string, AddedToken>();
  readonly created: string[] = [];
  readonly #vocabulary: Readonly<Record<string, number>>;
  readonly #special = new Map<string, boolean>();
  readonly #others = new Map<string, Set<boolean>>();

  constructor(vocabulary: Readonly<Record<string, number>>) {
    this.#vocabulary = vocabulary;
  }

  /** `id` where a file gives it */
  add(tokens: readonly Addition[], id?: number): void {
    for (const { content, special, normalized } of tokens)
      if (special && !this.#special.has(content)) this.#special.set(content, normalized);
    for (const token of tokens) {
      const { content } = token;
      const old = this.current.get(content);
      if (old && sameFlags(old, token)) continue;
      const known =
        id ?? old?.id ?? (Object.hasOwn(this.#vocabulary, content) ? this.#vocabulary[content] : null);
      const { single_word, lstrip, rstrip, normalized, special } = token;
      const added = {
        id: known ?? this.#nextId(content),
        content,
        single_word,
        lstrip,
        rstrip,
        normalized,
        special,
      };
      this.current.set(content, added);
      if (known === null) this.created.push(content);
      if (!this.#special.has(content))
        this.#others.set(content, (this.#others.get(content) ?? new Set()).add(normalized));
    }
  }

  finish(hasNormalizer: boolean): AddedToken[] {
    return [...this.current.values()].map((token) => {
      const forms = new Set(this.#others.get(token.content));
      const special = this.#special.get(token.content);
      if (special !== undefined) forms.add(special);
      if (hasNormalizer && forms.size > 1)
        throw new Error(`its added token ${token.content} is normalized in one place and not in another`);
      return { ...token, normalized: !forms.has(false), special: special !== undefined };
    });
  }

  /** The Rust library counts where it should look for the highest id. */
  #nextId(content: string): number {
    const ids = Object.values(this.#vocabulary);
    const lastAdded = [...this.current.values()].reduce((last, { id }) => Math.max(last, id), -1);
    const next = Math.max(lastAdded + 1, ids.length);
    const highest = ids.reduce((last, id) => Math.max(last, id), lastAdded);
    const beside = [...this.current.keys()].filter((token) => !Object.hasOwn(this.#vocabulary, token));
    if (next !== highest + 1 || next !== ids.length + beside.length)
      throw new Error(
        `its token ${content} is in no vocabulary, and the ids there have gaps, so that libraries differ in the one that it gets`,
      );
    return next;
  }
}

type Flags = { [flag in (typeof FLAGS)[number]]?: boolean | undefined };

function sameFlags(one: Flags | undefined, other: Flags): boolean {
  return FLAGS.every((flag) => one?.[flag] === other[flag]);
}
const FLAGS = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'] as const;
