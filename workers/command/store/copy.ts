import { copyStore, type StoreCopy } from '../../../activities/artifacts/stores/copy-store.ts';
import { existingStore, openStore } from '../place.ts';
import { overwriteLine, type Terminal } from '../terminal.ts';

/** `alpaca store copy FROM TO`: all artifacts and records of one store into another, a folder or a bucket each. */
export async function copy(
  from: string,
  to: string,
  options: { replace?: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const [source, target] = [openStore(await existingStore(from)), openStore(to)];
  await target.check();
  const report = (done: number, total: number) => {
    if (process.stderr.isTTY) overwriteLine(process.stderr, `${done} of ${total} artifacts`);
  };
  const copied = await copyStore(source, target, { ...options, signal, report });
  terminal.result(
    { from: source.root, to: target.root, ...copied },
    textOf(copied, options.replace ?? false),
  );
}

function textOf({ artifacts, bytes, records, present, differing }: StoreCopy, isReplaced: boolean): string {
  const lines = differing.map((path) => `${path} differs: ${isReplaced ? 'replaced' : 'left as it was'}`);
  return [
    ...lines,
    `Copied ${artifacts} artifacts (${(bytes / 2 ** 20).toFixed(1)} MiB) and ${records} records; ${present} were there.`,
    ...(differing.length > 0 && !isReplaced ? ['--replace takes the records that differ.'] : []),
  ].join('\n');
}
