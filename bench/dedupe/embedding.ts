import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EmbeddingMeasurement } from './measure-embedding.ts';

/**
 * Deciding by the cosines of embeddings, without asking a teacher for them: made unit vectors of each of the
 * dimensions, one row in twenty near another. Each is measured in a process of its own.
 */
export async function measureEmbedding(options: {
  rows: number;
  dimensions: readonly number[];
}): Promise<Record<string, unknown>> {
  const measured: EmbeddingMeasurement[] = [];
  for (const dimensions of options.dimensions) {
    const script = fileURLToPath(new URL('./measure-embedding.ts', import.meta.url));
    const args = [script, String(options.rows), String(dimensions)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    measured.push(JSON.parse(stdout) as EmbeddingMeasurement);
    console.error(JSON.stringify(measured.at(-1)));
  }
  return { rows: options.rows, measured };
}
