import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { filterRows } from '../../activities/filter/filter-rows.ts';
import { type FilterResult, filterInput } from '../../workflows/contracts/filter.ts';
import { RELEASED } from '../dedupe/corpus.ts';
import { buildRows } from '../tokenize/corpus.ts';

/** Of the files that rows are held against; a benchmark has some thousand questions. */
const BENCHMARK_ROWS = 5000;

/**
 * `npm run bench -- filter [--rows 52002] [--threads N]`: the filter step on rows of the released shape, a fiftieth of
 * them with code and calculations to check: by the rules alone, and held against a benchmark too.
 */
export async function benchFilter(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: `${RELEASED.rows}` },
      threads: { type: 'string', default: `${availableParallelism()}` },
    },
  });
  const [count, threads] = [Number(values.rows), Number(values.threads)];
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-filter-'));
  try {
    const store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
    const [data, benchmark] = [join(folder, 'rows.jsonl'), join(folder, 'benchmark.jsonl')];
    await writeFile(data, toJsonLines(buildRows(count).map(withSomethingToCheck)));
    const questions = buildRows(BENCHMARK_ROWS, 11).map(({ instruction, output }) => ({
      instruction,
      output,
    }));
    await writeFile(benchmark, toJsonLines(questions));
    const measure = async (settings: object) => {
      const begun = performance.now();
      const result = await filterRows(
        filterInput.parse({ data, ...settings }),
        { store, threads },
        unwatched,
      );
      return { seconds: (performance.now() - begun) / 1000, ...countsOf(result) };
    };
    return {
      rows: count,
      ...{ cores: availableParallelism(), threads },
      rules: { secondsAtMost: 10, ...(await measure({})) },
      decontaminated: {
        benchmarkRows: BENCHMARK_ROWS,
        ...(await measure({ decontaminate: { files: [benchmark] } })),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function countsOf({ data, droppedBy }: FilterResult) {
  return { kept: data.rows, droppedBy };
}

const CODE =
  '\n\n```python\ndef area(width: float, height: float) -> float:\n    """Of a rectangle."""\n    if width < 0 or height < 0:\n        raise ValueError("negative")\n    return width * height\n```\n';

function withSomethingToCheck<Row extends { output: string }>(row: Row, index: number): Row {
  if (index % 50 !== 0) return row;
  return { ...row, output: `${row.output}\nIn all, ${index} + 3 * 4 = ${index + 12} of them.${CODE}` };
}
