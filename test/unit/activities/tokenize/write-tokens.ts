import type { NumberedExample } from '../../../../activities/model/example.ts';
import { TokenFile } from '../../../../activities/tokenize/token-file.ts';

/** Writes a file of tokens all at once. */
export async function writeTokens(path: string, rows: readonly NumberedExample[]): Promise<void> {
  const file = new TokenFile(path);
  try {
    for (const row of rows) file.add(row);
    await file.close();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
