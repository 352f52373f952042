interface Path {
  key: unknown;
  listKey?: unknown;
  parent: { type: string; callee?: { name?: string } } | null;
}

/**
 * Leaves alone what an error says to people; its code is mutated. A test that repeats every sentence would
 * find no fault.
 */
function shouldIgnore({ key, listKey, parent }: Path): string | undefined {
  const isOfError = parent?.type === 'NewExpression' && parent.callee?.name === 'AlpacaError';
  return isOfError && listKey === 'arguments' && key !== 0 ? 'words for people' : undefined;
}

/** By what Stryker looks for in a plugin's file. */
export const strykerPlugins = [{ kind: 'Ignore', name: 'prose', value: { shouldIgnore } }];
