/** Where the web service answers agents. */
export const MCP = '/mcp';
