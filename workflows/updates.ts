import type { UpdateDefinition } from '@temporalio/common';
import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { refused } from './failed.ts';

/** What this workflow takes, by the names of updates: what each does with its arguments, checked. */
const taken = new Map<string, (args: unknown[]) => unknown>();

export interface UpdateOptions<Args extends unknown[]> {
  description: string;
  /** synchronous: an update that it refuses leaves no trace in the history */
  validator?: (...args: Args) => void;
}

export function takeUpdate<Result, Args extends unknown[]>(
  update: UpdateDefinition<Result, Args>,
  handler: (...args: Args) => Result | Promise<Result>,
  options: UpdateOptions<Args>,
): void {
  setHandler(update, handler, options);
  taken.set(update.name, (args) => {
    options.validator?.(...(args as Args));
    return handler(...(args as Args));
  });
}

/**
 * Keeps updates that come while `work` goes on, and hands them on after it: one that comes with the start is
 * there before its handler, and an update without a handler is refused at once, where a signal is kept.
 */
export async function holdUpdates<Result>(
  updates: readonly { name: string }[],
  work: () => Promise<Result>,
): Promise<Result> {
  let over = false;
  const held = updates.map(({ name }) => defineUpdate<unknown, unknown[]>(name));
  for (const update of held)
    setHandler(update, async (...args) => {
      await condition(() => over);
      const take = taken.get(update.name);
      if (!take) throw refused(`this workflow takes no update ${update.name} now`);
      return take(args);
    });
  try {
    return await work();
  } finally {
    over = true;
    for (const update of held) setHandler(update, undefined);
  }
}
