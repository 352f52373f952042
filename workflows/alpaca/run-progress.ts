import type { YieldCounts } from '../contracts/generate.ts';
import { type AlpacaInput, type StageName, stageName } from '../contracts/pipeline.ts';
import type {
  ChildReport,
  ControlState,
  Forecast,
  Pause,
  Progress,
  SettingsInForce,
} from '../contracts/progress.ts';
import type { TrainingFigures } from '../contracts/train.ts';
import { startingWith } from '../control.ts';
import { progressOf } from '../decisions/progress-of.ts';
import { counted } from '../decisions/screen/counted.ts';
import { droppedText } from '../decisions/screen/dropped-text.ts';
import { answeredNote, yieldNote } from '../decisions/screen/generation-notes.ts';
import { sharesText } from '../decisions/screen/shares.ts';
import { tokenizeNotes } from '../decisions/screen/tokenize-notes.ts';
import { unseenText } from '../decisions/screen/unseen-text.ts';
import { unreadableText, verdictsText } from '../decisions/screen/win-rate-text.ts';
import { createStageTable, type StageTable } from '../decisions/stage-table.ts';
import type { AlpacaHandedOver } from '../decisions/start/starts.ts';
import { trainingNote } from '../decisions/training-note.ts';
import { collapseReason } from '../decisions/yield-text.ts';

/** What the steps gave so far: continue-as-new hands it over, so that no step runs twice. */
export type Results = AlpacaHandedOver['results'];

/** What a run begins with: what was handed over, or else what is asked for. */
export function settingsOf(input: AlpacaInput, carried: AlpacaHandedOver | null): SettingsInForce {
  const { budgetUsd, generate } = input;
  return carried ?? startingWith({ budgetUsd, target: generate.target, concurrency: generate.concurrency });
}

/** How far the whole run is: what its children report on the way, and what its finished steps gave. */
export class RunProgress {
  readonly table: StageTable;
  readonly counters: AlpacaHandedOver['counters'];
  /** what generation will take, while it runs */
  forecast: Forecast | null = null;
  /** why the running step waits; null while it does not */
  waitsFor: Pause | null = null;
  #training: TrainingFigures | null = null;
  /** dollars of the running evaluation: it begins to count at 0, and its result has all of it */
  #evaluationUsd = 0;

  /** the rows are brought in: there are as many as there are, whatever a teacher would be asked for */
  readonly #imports: boolean;
  readonly #epochs: number;

  /** @param asked the run's settings of a step that runs only where it is asked for, of where its rows are from, and of epochs */
  constructor(
    carried: Pick<AlpacaHandedOver, 'stages' | 'counters'> | null,
    asked: Pick<AlpacaInput, 'filter'> & {
      generate: Pick<AlpacaInput['generate'], 'from'>;
      train: Pick<AlpacaInput['train'], 'epochs'>;
    },
  ) {
    this.#epochs = asked.train.epochs;
    this.#imports = asked.generate.from !== null;
    const stages = stageName.options.filter((name) => name !== 'filter' || asked.filter !== null);
    this.table = createStageTable(stages, carried?.stages);
    this.counters = carried?.counters ?? {
      accepted: 0,
      costUsd: 0,
      loss: { latest: null, before: null, after: null },
    };
  }

  /** dollars, what the running step has spent included */
  get spentUsd(): number {
    return this.counters.costUsd + this.#evaluationUsd;
  }

  /** How far generation is to go. */
  aimAt(target: number | null): void {
    if (!this.#imports && this.table.current() === 'generate')
      this.table.update('generate', { total: target ?? 0, unit: 'accepted' });
  }

  /**
   * Takes a child's counters on the way.
   *
   * @param version of the settings in force: a child that has not heard of them yet may wait for money that is there
   */
  take(report: ChildReport, version: number): void {
    const { waitingFor } = report;
    this.waitsFor = waitingFor?.kind === 'budget' && report.version < version ? null : waitingFor;
    switch (report.child) {
      case 'generate': {
        const { accepted, requests, costUsd, yield: counts, note } = report;
        this.counters.accepted = accepted;
        this.counters.costUsd = costUsd;
        this.forecast = report.forecast;
        this.table.update('generate', { done: accepted, note: answeredNote(requests, note) });
        this.#considered(counts);
        return;
      }
      case 'train': {
        const { step, totalSteps, loss, before, figures } = report;
        this.counters.loss = { ...this.counters.loss, latest: loss, before };
        this.#training = figures ?? this.#training;
        const note = trainingNote(report, this.#epochs);
        this.table.update('train', { done: step, total: totalSteps, unit: 'steps', note });
        return;
      }
      case 'evaluate':
        this.#evaluationUsd = report.costUsd;
        this.table.update('evaluate', { done: report.done, total: report.total, unit: 'parts' });
    }
  }

  /** Takes a finished step's own figures: reports on the way are only samples. */
  book(name: StageName, results: { [Name in StageName]?: Results[Name] | null }): void {
    const { generate, dedupe, filter, tokenize, train, evaluate } = results;
    if (name === 'generate' && generate) {
      const { data, requests, stopReason, costUsd } = generate;
      this.counters.accepted = data.rows;
      this.counters.costUsd = costUsd;
      const how = {
        ...{ target: 'target reached', imported: '', 'stopped-early': 'ended early by request' },
        'yield-collapsed': `ended early: ${collapseReason(generate.yield)}`,
      }[stopReason];
      const shares = sharesText(generate.shares, generate.yield.accepted, true);
      this.table.update(
        'generate',
        this.#imports
          ? { done: data.rows, total: data.rows, unit: 'rows', note: 'brought in' }
          : {
              done: data.rows,
              note: `${counted(requests, 'request')}, ${how}${shares === null ? '' : `; ${shares}`}`,
            },
      );
      if (!this.#imports) this.#considered(generate.yield);
    } else if (name === 'dedupe' && dedupe) {
      const rejected = (generate?.yield.similar ?? 0) + dedupe.rejected.rows;
      const { embedding } = dedupe;
      this.counters.costUsd += embedding?.costUsd ?? 0;
      const byEmbedding = embedding === null ? '' : `, ${embedding.rejected} of them by embeddings`;
      const { rows } = dedupe.data;
      const unseen = unseenText(dedupe, rows + dedupe.rejected.rows);
      const found = `${rejected} too similar in all${byEmbedding}, ${dedupe.exactDuplicates} exact duplicates`;
      const note = unseen === '' ? found : `${found}; ${unseen}`;
      const total = rows + dedupe.rejected.rows;
      this.table.update('dedupe', { done: total, total, unit: 'rows', note: `${rows} kept; ${note}` });
    } else if (name === 'filter' && filter) {
      const { rows } = filter.data;
      this.counters.costUsd += filter.grades?.costUsd ?? 0;
      const total = rows + filter.dropped.rows;
      const note = `${rows} kept; ${droppedText(filter)}`;
      this.table.update('filter', { done: total, total, unit: 'rows', note });
    } else if (name === 'tokenize' && tokenize) {
      const { tokens, heldOutTokens, truncated, fullyMasked } = tokenize;
      const note = `${heldOutTokens.rows} held out, ${truncated} truncated, ${fullyMasked} fully masked${tokenizeNotes(tokenize, null)}`;
      this.table.update('tokenize', { done: tokens.rows, total: tokens.rows, unit: 'rows', note });
    } else if (name === 'train' && train) {
      const { steps, loss, stoppedEarly } = train;
      this.counters.loss = { ...this.counters.loss, ...loss };
      const early = stoppedEarly ? `, stopped early: ${stoppedEarly}` : '';
      const note = `held-out loss ${loss.before.toFixed(3)} to ${loss.after.toFixed(3)}${early}`;
      this.table.update('train', { done: steps, total: steps, unit: 'steps', note });
    } else if (name === 'evaluate' && evaluate) {
      const { pairwise } = evaluate;
      const { winRate } = pairwise;
      this.counters.costUsd += evaluate.costUsd;
      this.#evaluationUsd = 0;
      const counts = `${verdictsText(pairwise)}${unreadableText(pairwise)}`;
      const rate = winRate === null ? 'none' : `${winRate.toFixed(1)}%`;
      const { exactMatch } = evaluate;
      const right = exactMatch === null ? '' : `${exactMatch.right} of ${exactMatch.rows} right; `;
      const note = `${right}win rate ${rate}: ${counts}`;
      const parts = this.table.stages.find((stage) => stage.name === name)?.total;
      this.table.update('evaluate', { ...(parts && { done: parts }), note });
    }
  }

  /** What generation has compared so far: dedupe's part in it. */
  #considered(counts: YieldCounts): void {
    const done = counts.accepted + counts.similar;
    this.table.update('dedupe', { done, unit: 'rows', note: yieldNote(counts) });
  }

  /** The `progress` query's answer. */
  answer(control: ControlState, now: Date): Progress {
    const { table, waitsFor, spentUsd: costUsd } = this;
    const { accepted, loss } = this.counters;
    const training = this.#training;
    const forecast = table.current() === 'generate' ? this.forecast : null;
    const target = this.#imports ? accepted : control.target;
    return progressOf({ table, control, waitsFor, accepted, target, costUsd, loss, training, forecast }, now);
  }
}
