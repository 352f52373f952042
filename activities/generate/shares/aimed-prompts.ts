import type { SeedTask } from '../../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../../workflows/contracts/generate.ts';
import { builtinPath } from '../../artifacts/builtin.ts';
import { readLanguageText } from '../../artifacts/languages/language-json.ts';
import { AlpacaError } from '../../errors.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { NOTHING_SEEN, type SeenRow, type SeenRows } from '../accept/seen-rows.ts';
import { drawDistinct } from '../prompt/draw.ts';
import { encodePrompt, type ShownTask, shownTask } from '../prompt/prompt.ts';
import type { PromptSettings, RunPrompts } from '../prompt/run-prompts.ts';
import { createAims, type PlacedRow } from './aims.ts';
import { type Cell, createMix, type Mix } from './mix.ts';

/** How prompts of one cell are made. */
interface CellPrompts {
  requirements: string;
  /** tasks of the cell, which are shown first */
  own: readonly ShownTask[];
  /** the others of its language, where its own are too few */
  others: readonly ShownTask[];
}

/** Draws of what fills up what is shown, apart from all other draws of a prompt: the letters "fill". */
const FILL = 0x66696c6c;

/**
 * The recipe's prompts of a run that is to have shares: each has an aim, shows seed tasks of that language and class, and
 * says in one more paragraph of what kind the tasks are to be.
 *
 * @throws AlpacaError InvalidInput where a language has no words for classes, or too few seed tasks
 */
export function createAimedPrompts(
  settings: PromptSettings & Pick<RequestSettings, 'seesAfter' | 'language'>,
  shares: NonNullable<RequestSettings['shares']>,
  seeds: readonly SeedTask[],
  output: TeacherProfile['output'],
): (seen: SeenRows) => RunPrompts {
  const { runSeed, seedTasksPerPrompt, promptsPerRequest, instructionsPerPrompt } = settings;
  const mix = createMix(shares, settings.language);
  const prompts = mix.cells.map((cell, index) => promptsOf(cell, index, mix, seeds, seedTasksPerPrompt));
  const ending = output === 'text' ? 'heading' : 'json';
  const placed = createPlacing(mix);
  const encode = ({ requirements }: CellPrompts, shown: readonly ShownTask[]) =>
    encodePrompt(requirements, shown, instructionsPerPrompt, ending);
  const aimSettings = {
    targets: mix.cells.map(({ target }) => target),
    promptsPerRequest,
    seesAfter: settings.seesAfter ?? 0,
    rowsPerPrompt: instructionsPerPrompt - seedTasksPerPrompt,
  };
  // What a pool shows goes on from what the one before it showed: aims are worked out once, and not for every request.
  let latest = createAims(aimSettings);
  return (seen) => {
    const seenBefore = (request: number) => placed(seen.before(request));
    const aims =
      seen !== NOTHING_SEEN && latest.goesOnFrom(seen.taken, seenBefore) ? latest : createAims(aimSettings);
    if (seen !== NOTHING_SEEN) latest = aims;
    const aim = (request: number, prompt: number) => aims.of(request, prompt, seenBefore);
    return {
      text(request, prompt) {
        const of = cellAt(prompts, aim(request, prompt));
        const draw = (from: readonly ShownTask[], count: number, stream: number) =>
          drawDistinct({ runSeed, request, prompt, stream }, count, from.length).flatMap(
            (at) => from[at] ?? [],
          );
        const own = draw(of.own, Math.min(seedTasksPerPrompt, of.own.length), 0);
        return encode(of, [...own, ...draw(of.others, seedTasksPerPrompt - own.length, FILL)]);
      },
      occurrence: (request, prompt) => request * promptsPerRequest + prompt,
      longest: () => longestOf(prompts.map((of) => encode(of, longestTasks(of, seedTasksPerPrompt)))),
      ...(shares.languages && {
        language: (request: number, prompt: number) => cellAt(mix.cells, aim(request, prompt)).language,
      }),
      sharesOf: (row) => {
        const { language, class: name } = cellAt(mix.cells, mix.cellOf(row));
        return [...(shares.languages ? [language] : []), ...(name === null ? [] : [name])];
      },
    };
  };
}

function promptsOf(
  cell: Cell,
  index: number,
  mix: Mix,
  seeds: readonly SeedTask[],
  fewest: number,
): CellPrompts {
  const isOfLanguage = (index: number) => mix.cells[index]?.language === cell.language;
  const ofLanguage = seeds
    .map((task) => ({ ...shownTask(task), at: mix.cellOf({ ...shownTask(task), language: task.language }) }))
    .filter(({ at }) => isOfLanguage(at));
  if (ofLanguage.length < fewest)
    throw new AlpacaError(
      'InvalidInput',
      `A prompt shows ${fewest} seed tasks (seedTasksPerPrompt), but there are only ${ofLanguage.length} in "${cell.language}".`,
      { remedy: 'Give each seed task of a mixed run its "language", or lower seedTasksPerPrompt.' },
    );
  return {
    requirements: withKind(readLanguageText(builtinPath('prompt', cell.language)), kindOf(cell, mix)),
    own: ofLanguage.filter(({ at }) => at === index),
    others: ofLanguage.filter(({ at }) => at !== index),
  };
}

/** What a prompt of a cell says of classes; null where it says nothing. */
function kindOf(cell: Cell, { askingOf, classes }: Mix): string | null {
  const words = askingOf(cell.language);
  if (words === null) return null;
  if (cell.class !== null) return words.one.replace('{kind}', words.kinds[cell.class]);
  return words.none.replace('{kinds}', classes.map((name) => words.kinds[name]).join('; '));
}

/** The requirements with a paragraph more, before the last one, which opens the list of tasks. */
function withKind(requirements: string, kind: string | null): string {
  if (kind === null) return requirements;
  const text = requirements.trimEnd();
  const last = text.lastIndexOf('\n\n');
  return last === -1 ? `${text}\n\n${kind}` : `${text.slice(0, last)}\n\n${kind}${text.slice(last)}`;
}

/** Notes of each row once which cell it is in: a pool's rows are the first of the next one's. */
function createPlacing({ cellOf }: Mix): (rows: readonly SeenRow[]) => PlacedRow[] {
  const known = new WeakMap<SeenRow, PlacedRow>();
  return (rows) =>
    rows.map((row) => {
      const { request, prompt } = row.provenance;
      const place = known.get(row) ?? { cell: cellOf(row), request, prompt };
      known.set(row, place);
      return place;
    });
}

function cellAt<Item>(cells: readonly Item[], index: number): Item {
  const cell = cells[index];
  if (cell === undefined) throw new RangeError(`there is no cell ${index}`);
  return cell;
}

function longestTasks({ own, others }: CellPrompts, count: number): ShownTask[] {
  const bytes = (task: ShownTask) => Buffer.byteLength(encodePrompt('', [task], 0));
  return [...own, ...others].toSorted((a, b) => bytes(b) - bytes(a)).slice(0, count);
}

function longestOf(texts: readonly string[]): string {
  return texts.reduce(
    (longest, text) => (Buffer.byteLength(text) > Buffer.byteLength(longest) ? text : longest),
    '',
  );
}
