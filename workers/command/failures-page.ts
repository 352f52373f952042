import { FAILURES, type FailureKind } from '../../workflows/contracts/failures.ts';

/** docs/failures.md: the table of failure codes, made from the contract. */
export function failuresPage(): string {
  const rows = Object.entries<FailureKind>(FAILURES).map(
    ([code, { meaning, remedy, ...kind }]) => `| \`${code}\` | ${outcome(kind)} | ${meaning} | ${remedy} |`,
  );
  return `${HEAD}${rows.join('\n')}\n`;
}

function outcome({ retried, pauses, startsAgain }: Omit<FailureKind, 'meaning' | 'remedy'>): string {
  if (startsAgain) return 'begins again at once';
  const waits = pauses === null ? null : `waits (\`${pauses}\`)`;
  if (!retried) return waits ?? 'ends';
  return waits === null ? 'tried again' : `tried again, then ${waits}`;
}

const HEAD = `# Failures

Made from \`workflows/contracts/failures.ts\` by \`npm run schema\`. The code is the type of the failure in the Temporal UI and in a
client's error. *Ends*: the run fails, with what it made kept; the same command goes on from there. *Tried again*: by Temporal, with growing
waits; once a number of tries is used up the run *waits*, and so it does for a failure without a code (a worker that fell silent, a defect):
it is paused with everything kept, \`progress\` says what for, and it tries again at intervals that grow to half an hour, or at once by the
update \`resume\`. No number of tries ends a run.

| code | what happens | meaning | what to do |
|---|---|---|---|
`;
