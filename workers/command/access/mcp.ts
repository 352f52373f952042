import type { Command } from 'commander';
import type { Visitor } from '../../runs/access/visitor.ts';
import { UsageError } from '../outcome.ts';

interface McpOptions {
  usdPerDay: string;
  name: string;
}

/** `alpaca mcp`: an agent's tools, over the Model Context Protocol on standard input and output. */
export function addMcpCommand(program: Command, signal: AbortSignal): void {
  program
    .command('mcp')
    .description('tools for agents, over the Model Context Protocol on standard input and output')
    .option(
      '--usd-per-day <usd>',
      'what the budgets that agents grant runs may add up to in a day (UTC)',
      '0',
    )
    .option('--name <name>', 'whose agent it is: it stands in the runs that it starts', 'an agent')
    .action(async (options: McpOptions) => {
      const visitor = agentOf(options);
      // No other command has a use for it.
      const { serveAgent } = await import('./serve-agent.ts');
      await serveAgent(visitor, signal);
    });
}

function agentOf({ usdPerDay: given, name }: McpOptions): Visitor {
  if (name.trim() === '' || name.length > 80) throw new UsageError('--name has 1 to 80 characters.');
  const usdPerDay = /^\d{1,9}(\.\d{1,6})?$/.test(given) ? Number(given) : null;
  if (usdPerDay === null) throw new UsageError(`--usd-per-day is a number of dollars, not ${given}.`);
  return { id: 'mcp', name, role: usdPerDay > 0 ? 'spend' : 'run', usdPerDay };
}
