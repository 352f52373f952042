import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Preloaded into a training process: its disk hangs in the middle of a save, so that a kill meets a
 * half-written checkpoint. ALPACA_TEST_HANG is JSON: in which save, counted from 1, and where in it; `mark`
 * is a file that appears once it hangs.
 */
export interface Hang {
  save: number;
  at: 'weights' | 'first-moment' | 'second-moment' | 'folder';
  mark: string;
}

const hang: Hang | null = process.env.ALPACA_TEST_HANG ? JSON.parse(process.env.ALPACA_TEST_HANG) : null;
const { rename } = fs.promises;
let saves = 0;

fs.promises.rename = async (from, to) => {
  if (hang === null || !isMoment(String(to), hang.at)) return rename(from, to);
  saves += 1;
  if (saves !== hang.save) return rename(from, to);
  const { size } = fs.statSync(from);
  if (hang.at !== 'folder') fs.truncateSync(from, Math.floor(size / 2));
  fs.writeFileSync(hang.mark, String(to));
  // Never settles, and holds the process.
  return new Promise(() => setInterval(() => {}, 1000));
};
syncBuiltinESMExports();

function isMoment(path: string, at: Hang['at']): boolean {
  return at === 'folder' ? /\/checkpoint-\d+$/.test(path) : path.endsWith(`/${at}.safetensors`);
}
