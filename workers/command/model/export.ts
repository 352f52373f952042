import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { MODELFILE, writeGgufFolder } from '../../../activities/release/export-gguf.ts';
import { type GgufFormat, ggufFormats } from '../../../workflows/contracts/release.ts';
import { requireReplaceable } from '../outputs.ts';
import { modelOf } from '../run/candidates.ts';
import { type CommonOptions, command } from '../subcommand.ts';
import { openTerminal } from '../terminal.ts';

interface ExportOptions {
  gguf: GgufFormat;
  out: string;
  name?: string;
}

/** `alpaca export MODEL`: a model in a form that other programs open. */
export function addExportCommand(program: Command): void {
  command(program, 'export', 'write a model for llama.cpp and Ollama: a GGUF file and a Modelfile')
    .argument('<model>', 'a model folder, artifact:// uri or run:WORKFLOW_ID')
    .addOption(
      new Option('--gguf <form>', 'what its matrices are in').choices(ggufFormats).makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'gets both; an earlier export there is replaced')
    .option('--name <name>', 'of the file and in it (default: the folder’s)')
    .action((model: string, options: ExportOptions & CommonOptions) => exportModel(model, options));
}

async function exportModel(named: string, options: ExportOptions & CommonOptions): Promise<void> {
  const terminal = openTerminal(options);
  const { gguf: form, out } = options;
  await requireReplaceable('--out', out, MODELFILE);
  const model = await modelOf(named);
  const name = options.name ?? basename(model);
  const { file, bytes } = await writeGgufFolder(model, { out, form, name });
  terminal.result({ model, path: out, file, bytes }, `${file} in ${out}, ${bytes} bytes, and ${MODELFILE}`);
}
