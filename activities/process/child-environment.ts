/** What the names of variables have in them that hold keys, tokens or passwords. */
const SECRET = /key|token|secret|passw|credential|auth/i;

/**
 * The environment of a process that asks nobody for anything: without the variables that hold secrets, by their names.
 *
 * @param named the text of a file that names others, each in quotes
 * @param kept what the process needs of them
 */
export function withoutSecrets(
  env: NodeJS.ProcessEnv,
  { named = '', kept = /^$/ }: { named?: string; kept?: RegExp } = {},
): NodeJS.ProcessEnv {
  const isSecret = (name: string) => SECRET.test(name) || named.includes(`"${name}"`);
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.test(name) || !isSecret(name)));
}
