import type { Progress } from '../workflows/contracts/progress.ts';
import { shellWord } from '../workflows/decisions/screen/shell-word.ts';

/** The run that a command is for, and the server it is on. */
export interface RunAddress {
  workflowId: string;
  /** host and port of the Temporal server */
  address: string;
  namespace: string;
}

/** What a person can type where a run waits, and what it does. */
export interface WayOn {
  why: string;
  command: string;
}

/** In a budget's command N stands for the new cap in dollars. Null where the run waits for nothing. */
export function howToGoOn({ pauseKind }: Pick<Progress, 'pauseKind'>, run: RunAddress): WayOn | null {
  if (pauseKind === null) return null;
  if (pauseKind === 'budget')
    return {
      why: 'to go on, raise the budget to N dollars',
      command: updateCommand(run, 'setBudget --input N'),
    };
  const why = pauseKind === 'person' ? 'to go on' : 'to try at once';
  return { why, command: updateCommand(run, 'resume') };
}

function updateCommand({ workflowId, address, namespace }: RunAddress, name: string): string {
  const isUsual = /^(127\.0\.0\.1|localhost):7233$/.test(address);
  return [
    'npm run temporal -- workflow update execute',
    ...(isUsual ? [] : [`--address ${address}`]),
    ...(namespace === 'default' ? [] : [`--namespace ${shellWord(namespace)}`]),
    `--workflow-id ${shellWord(workflowId)} --name ${name}`,
  ].join(' ');
}
