/** The metric by which Temporal counts what its Cloud bills; read where Prometheus would. */
export async function countActions(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return readActions(await response.text());
}

/** Actions by their kind, of all namespaces but the server's own. */
export function readActions(metrics: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, labels = '', value = ''] of metrics.matchAll(/^action\{([^}]*)\} (\S+)$/gm)) {
    const kind = /action_type="([^"]*)"/.exec(labels)?.[1];
    if (kind === undefined || labels.includes('namespace="temporal_system"')) continue;
    found.set(kind, (found.get(kind) ?? 0) + Number(value));
  }
  return found;
}
