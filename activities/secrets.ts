/**
 * Keys and tokens that this process knows, and how everything that it says is kept free of them: failures, heartbeats
 * and results for Temporal, the log, the terminal, and what an endpoint answers, before it is looked at.
 */

const HIDDEN = '[key]';

/** What is shorter is no secret, and a piece of that length tells of one: eight of the 48 characters of a key. */
const SHORTEST = 8;

/** Tokens that the environment holds beside the keys of profiles. `withoutSecretVariables` drops these and more. */
const VARIABLES = [
  'OPENAI_API_KEY',
  'HF_TOKEN',
  'ALPACA_SERVE_TOKEN',
  'ALPACA_WEB_TOKEN',
  'ALPACA_RATERS_TOKEN',
  'TEMPORAL_API_KEY',
] as const;

/** URLs, which may have a password in them. */
const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] as const;

/** `authorization=Bearer%20TOKEN,NAME=VALUE`: of whom spans are sent to. */
const EXPORTER_HEADERS = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'] as const;

/** every piece of SHORTEST characters of every form of a secret */
const pieces = new Set<string>();
/** words of keys, as the `required` of `sk-no-key-required`: found by themselves they tell nothing */
const words = new Set<string>();
const known = new Set<string>();

/** From here on nothing that passes `withoutSecrets` has it, or eight characters of it. */
export function hideSecret(secret: string | undefined): void {
  if (secret === undefined || secret.length < SHORTEST || known.has(secret)) return;
  known.add(secret);
  for (const form of formsOf(secret))
    for (let start = 0; start + SHORTEST <= form.length; start += 1)
      pieces.add(form.slice(start, start + SHORTEST));
  for (const word of secret.split(/[^A-Za-z]+/))
    if (word.length >= SHORTEST && word !== secret && WORD.test(word)) words.add(word);
}

/** False of what placeholders are made of and honest texts have too: `00000000`, `--------`, `xxxxxxxx`, `12345678`. */
function isTelling(piece: string): boolean {
  if (new Set(piece).size < 4) return false;
  const codes = Array.from(piece, (character) => character.charCodeAt(0));
  return !codes.every((code, at) => at === 0 || (code - (codes[at - 1] ?? 0) + 10) % 10 === 1);
}

/** Letters as words have them: `required`, `Required`, `REQUIRED`. */
const WORD = /^(?:[A-Z]?[a-z]+|[A-Z]+)$/;

/**
 * Hides the tokens of an environment, and what else is named. Not all that `withoutSecretVariables` drops by its name:
 * of an XAUTHORITY's path every piece would be hidden in what is said and in data.
 *
 * @param variables the names of further variables that hold keys, as profiles have them
 */
export function hideSecretsOf(env: NodeJS.ProcessEnv, variables: readonly string[] = []): void {
  for (const name of [...VARIABLES, ...variables]) hideSecret(env[name]?.trim());
  for (const name of PROXIES) hideSecret(URL.parse(env[name] ?? '')?.password);
  for (const name of EXPORTER_HEADERS)
    for (const pair of env[name]?.split(',') ?? [])
      hideSecret(/=(?:\w+(?:%20| ))?(.*)$/.exec(pair)?.[1]?.trim());
}

/** As it is, in JSON, in a URL, and in base64 wherever in it the secret begins. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    // What stands before or behind it changes the first and the last characters.
    const whole = (text: string) =>
      text.slice(Math.ceil((before * 4) / 3), Math.floor((padded.length * 4) / 3));
    return [whole(padded.toString('base64')), whole(padded.toString('base64url'))];
  });
  const inUrl = encodeURIComponent(secret.toWellFormed());
  const inSmall = inUrl.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [secret, JSON.stringify(secret).slice(1, -1), inUrl, inSmall, ...inBase64];
}

/**
 * The text with `[key]` in place of every secret, and of every piece of one that is eight characters or longer, and U+FFFD
 * in place of half of a surrogate pair, which no message, log or terminal can hold.
 */
export function withoutSecrets(text: string): string {
  return hidden(text.toWellFormed());
}

function hidden(text: string): string {
  if (pieces.size === 0 || text.length < SHORTEST) return text;
  let clean = '';
  let kept = 0;
  for (let start = 0; start + SHORTEST <= text.length; ) {
    let end = start + SHORTEST;
    if (!pieces.has(text.slice(start, end))) {
      start += 1;
      continue;
    }
    while (end < text.length && pieces.has(text.slice(end + 1 - SHORTEST, end + 1))) end += 1;
    const found = text.slice(start, end);
    if (!isWord(found) && isTelling(found)) {
      clean += text.slice(kept, start) + HIDDEN;
      kept = end;
    }
    start = end;
  }
  return kept === 0 ? text : clean + text.slice(kept);
}

function isWord(piece: string): boolean {
  return words.has(piece.replace(/^[^A-Za-z]+|[^A-Za-z]+$/g, ''));
}

/** Deeper than anything that is asked for or said. */
const DEEPEST = 100;

/**
 * A JSON value without secrets in its strings and names; the very value where it had none. Halves of surrogate pairs
 * become U+FFFD, and what is nested deeper than 100 levels null.
 */
export function secretless(value: unknown): unknown {
  return cleaned(value, withoutSecrets, 0);
}

/**
 * The same of what a teacher answered, but for halves of surrogate pairs: the ledger's JSON holds them escaped, and whoever
 * makes rows of the answer drops and counts those that have one.
 */
export function secretlessAnswer(value: unknown): unknown {
  return cleaned(value, hidden, 0);
}

function cleaned(value: unknown, cleanText: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return null;
  if (Array.isArray(value)) {
    let changed = false;
    const clean = value.map((item: unknown) => {
      const cleanItem = cleaned(item, cleanText, depth + 1);
      changed ||= cleanItem !== item;
      return cleanItem;
    });
    return changed ? clean : value;
  }
  let changed = false;
  const clean = Object.entries(value).map(([name, item]: [string, unknown]) => {
    const entry = [cleanText(name), cleaned(item, cleanText, depth + 1)] as const;
    changed ||= entry[0] !== name || entry[1] !== item;
    return entry;
  });
  return changed ? Object.fromEntries(clean) : value;
}
