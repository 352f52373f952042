import { keepSecretsOf, secretless, withoutSecrets } from '../../activities/secrets.ts';

/** What a command prints: results on standard output, everything else on standard error; no key on either. */
export interface Terminal {
  readonly json: boolean;
  readonly verbose: boolean;
  /** a line for the person */
  say(line: string): void;
  /** the result: the text for a person, or with --json the object on one line */
  result(value: unknown, text: string): void;
}

export function openTerminal({
  json = false,
  verbose = false,
}: {
  json?: boolean;
  verbose?: boolean;
}): Terminal {
  keepSecretsOf(process.env);
  return {
    json,
    verbose,
    say: (line) => void process.stderr.write(`${withoutSecrets(line)}\n`),
    result: (value, text) =>
      void process.stdout.write(`${json ? JSON.stringify(secretless(value)) : withoutSecrets(text)}\n`),
  };
}
