import { FAILURES, type FailureKind } from '../../workflows/contracts/failures.ts';

/** docs/failures.md: the table of failure codes, made from the contract. */
export function failuresPage(): string {
  const rows = Object.entries<FailureKind>(FAILURES).map(
    ([code, { meaning, remedy, ...kind }]) => `| \`${code}\` | ${outcome(kind)} | ${meaning} | ${remedy} |`,
  );
  return `${HEAD}${rows.join('\n')}\n`;
}

function outcome({ retried, pauses }: Pick<FailureKind, 'retried' | 'pauses'>): string {
  const waits = pauses === null ? null : `waits (\`${pauses}\`)`;
  if (!retried) return waits ?? 'ends';
  return waits === null ? 'tried again' : `tried again, then ${waits}`;
}

const HEAD = `# Failures

Made from \`workflows/contracts/failures.ts\` by \`npm run schema\`. The code is the type of the failure in the Temporal UI and in a
client's error. *Ends*: the run fails, with what it made kept; the same command goes on from there. *Tried again*: by Temporal, with growing
waits. *Waits*: the run is paused with everything kept, and \`progress\` says what for; for a teacher that holds in generation, other steps
end once their tries are used up.

| code | what happens | meaning | what to do |
|---|---|---|---|
`;
