import { basename } from 'node:path';
import { MODELFILE, writeGgufFolder } from '../../../activities/release/export-gguf.ts';
import type { GgufFormat } from '../../../workflows/contracts/release.ts';
import { requireReplaceable } from '../outputs.ts';
import { modelOf } from '../run/candidates.ts';
import type { CommonOptions } from '../subcommand.ts';
import { openTerminal } from '../terminal.ts';

export interface ExportOptions {
  gguf: GgufFormat;
  out: string;
  name?: string;
}

/** `alpaca export MODEL`: a model in a form that other programs open. */
export async function exportModel(named: string, options: ExportOptions & CommonOptions): Promise<void> {
  const terminal = openTerminal(options);
  const { gguf: form, out } = options;
  await requireReplaceable('--out', out, MODELFILE);
  const model = await modelOf(named);
  const name = options.name ?? basename(model);
  const { file, bytes } = await writeGgufFolder(model, { out, form, name });
  terminal.result({ model, path: out, file, bytes }, `${file} in ${out}, ${bytes} bytes, and ${MODELFILE}`);
}
