import { readFileSync } from 'node:fs';

/** What the names of variables have in them that hold keys, tokens or passwords, as the URL of a proxy may. */
const SECRET = /key|token|secret|passw|credential|auth|proxy|^OTEL_.*HEADERS$/i;

/**
 * The environment of a process that asks nobody for anything: without the variables that hold secrets, by their names,
 * or by the file of teacher profiles, which may name any.
 *
 * @param kept what the process needs of them
 */
export function withoutSecretVariables(env: NodeJS.ProcessEnv, kept = /^$/): NodeJS.ProcessEnv {
  const profiles = textOf(env.ALPACA_TEACHERS);
  const isSecret = (name: string) => SECRET.test(name) || profiles.includes(`"${name}"`);
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.test(name) || !isSecret(name)));
}

/** Empty where it cannot be read: whoever asks teachers reads it too, and says what is wrong with it. */
function textOf(path: string | undefined): string {
  try {
    return path ? readFileSync(path, 'utf8') : '';
  } catch {
    return '';
  }
}
