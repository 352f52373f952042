import type { Progress } from '../workflows/contracts/progress.ts';
import { shellWord } from '../workflows/decisions/screen/shell-word.ts';

/** The run that a command is for, and the server it is on. */
export interface RunAddress {
  workflowId: string;
  /** host and port of the Temporal server */
  address: string;
  namespace: string;
}

/** True while a run waits for a higher budget. */
export function waitsForMoney({ pauseKind }: Pick<Progress, 'pauseKind'>): boolean {
  return pauseKind === 'budget';
}

/** The command that raises a run's budget, for a person to type; N stands for the new cap in dollars. */
export function setBudgetCommand({ workflowId, address, namespace }: RunAddress): string {
  const isUsual = /^(127\.0\.0\.1|localhost):7233$/.test(address);
  return [
    'npm run temporal -- workflow update execute',
    ...(isUsual ? [] : [`--address ${address}`]),
    ...(namespace === 'default' ? [] : [`--namespace ${shellWord(namespace)}`]),
    `--workflow-id ${shellWord(workflowId)} --name setBudget --input N`,
  ].join(' ');
}
