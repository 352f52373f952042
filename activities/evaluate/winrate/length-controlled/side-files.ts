import { readGiven } from '../../../artifacts/given.ts';
import { AlpacaError } from '../../../errors.ts';

/** A judgement of a baseline that was asked to be wordy or brief: AlpacaEval's `df_gamed.csv`. */
export interface GamedRow {
  /** the instruction's place in the evaluation set, from 0 */
  index: number;
  /** the gamed baseline's, from 0 to 1; null where there was no verdict */
  share: number | null;
  /** length of the baseline's answer less that of the gamed one, in standard deviations */
  lengthDifference: number;
  difficulty: number;
}

/**
 * Reads AlpacaEval's `df_gamed.csv`: columns `index`, `preference`, `std_delta_len`,
 * `instruction_difficulty`, in any order and with others between them.
 *
 * @throws AlpacaError NotFound or InvalidInput, naming the column or the line
 */
export async function readGamedBaselines(path: string): Promise<GamedRow[]> {
  const { header, lines } = await readTable(path);
  const column = (name: string) => {
    const found = header.indexOf(name);
    if (found === -1) throw unreadable(path, `there is no column ${name}`);
    return found;
  };
  const [index, preference, length, difficulty] = [
    column('index'),
    column('preference'),
    column('std_delta_len'),
    column('instruction_difficulty'),
  ];
  return lines.map((cells, line) => ({
    index: numberIn(cells[index], path, line),
    share: cells[preference] ? numberIn(cells[preference], path, line) : null,
    lengthDifference: numberIn(cells[length], path, line),
    difficulty: numberIn(cells[difficulty], path, line),
  }));
}

/**
 * Reads AlpacaEval's `instruction_difficulty.csv`: the instruction's place first, its difficulty second.
 *
 * @throws AlpacaError NotFound or InvalidInput, naming the line
 */
export async function readInstructionDifficulty(path: string): Promise<Map<number, number>> {
  const { lines } = await readTable(path);
  return new Map(
    lines.map(([index, difficulty], line) => [numberIn(index, path, line), numberIn(difficulty, path, line)]),
  );
}

/** AlpacaEval's have under a megabyte. */
const MOST_BYTES = 2 ** 24;
/** A line has some numbers and a model's name. */
const LONGEST_LINE = 10_000;

/** Comma-separated; a cell in quotes may hold commas, but no line break. */
async function readTable(path: string): Promise<{ header: string[]; lines: string[][] }> {
  const text = String(await readGiven(path, { most: MOST_BYTES }));
  const [header, ...lines] = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line, index) => {
      if (line.length > LONGEST_LINE)
        throw unreadable(path, `line ${index + 1} has ${line.length} characters`);
      return cellsOf(line);
    });
  if (!header || lines.length === 0) throw unreadable(path, 'it has no rows');
  return { header, lines };
}

function cellsOf(line: string): string[] {
  const cells = line.match(/(?<=^|,)("(?:[^"]|"")*"|[^,]*)/g) ?? [];
  return cells.map((cell) => cell.replace(/^"(.*)"$/, '$1').trim());
}

function numberIn(cell: string | undefined, path: string, line: number): number {
  const value = cell ? Number(cell) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw unreadable(path, `line ${line + 2} has "${cell ?? ''}" where a number is expected`);
}

function unreadable(path: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `The side file ${path} is not as expected: ${reason}.`, {
    remedy: 'Give the file as AlpacaEval publishes it.',
  });
}
