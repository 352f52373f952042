import { McpServer } from '@modelcontextprotocol/server';
import { version } from '../api/openapi.ts';
import { addResultTools } from './result-tools.ts';
import { addRunTools } from './run-tools.ts';
import { addSettingsTool } from './settings-tool.ts';
import type { Agent } from './tools.ts';

const INSTRUCTIONS =
  'Makes instruction data and a model fine-tuned on it by the Stanford Alpaca recipe. A run takes minutes to days, survives ' +
  'crashes, and waits where it needs money or a decision. Estimate first; start with a budget that the user granted (0 spends ' +
  'nothing); follow; read the report; ask the model.';

/** The tools by which an agent uses this program, over the Model Context Protocol, for one connection or one request. */
export function agentServer(agent: Agent): McpServer {
  const server = new McpServer({ name: 'alpaca-temporal', version }, { instructions: INSTRUCTIONS });
  addRunTools(server, agent);
  addResultTools(server, agent);
  addSettingsTool(server, agent);
  return server;
}
