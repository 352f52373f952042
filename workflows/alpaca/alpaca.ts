import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { processing, schedulingOf } from '../activity-bounds.ts';
import { ChildSteps } from '../child-steps.ts';
import type { AlpacaInput, AlpacaResult, StageName } from '../contracts/pipeline.ts';
import { type Pause, type Progress, sentReport } from '../contracts/progress.ts';
import type { NewRows } from '../contracts/run/retrain.ts';
import { tokenizationOfSet } from '../contracts/run.ts';
import { budgeted, generationUpdates, type OwnedControl, ownControl, pausable } from '../control.ts';
import { leftUsd } from '../decisions/budget.ts';
import type { AlpacaHandedOver } from '../decisions/start/starts.ts';
import { dedupeWithin } from '../dedupe/dedupe.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { filterWithin } from '../filter/filter.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, reportSignal, takeSignal, UPDATES_OF_WHAT_GENERATES } from '../messages.ts';
import { Notifier } from '../notify/notifier.ts';
import { Outage } from '../outage.ts';
import { showProgress } from '../show.ts';
import type { Payment } from '../step/paid-step.ts';
import { checkAgreement, checkRowsLeft } from './agreement.ts';
import { foundBy } from './found-by.ts';
import { lookAhead } from './look-ahead.ts';
import { leftToTheNext, takeUp } from './retraining.ts';
import { type Results, RunProgress, settingsOf } from './run-progress.ts';

/**
 * The recipe, from seed tasks to a released data set and a trained, evaluated model. `{}` is a whole run.
 * Long steps are child workflows; the others are one activity each.
 *
 * @returns null where a schedule's first run finds too few new rows to train on
 */
export async function alpaca(raw: unknown, second?: unknown): Promise<AlpacaResult | null> {
  const { input, handedOver } = await resolveInput('alpaca', raw, second, {
    updates: UPDATES_OF_WHAT_GENERATES,
    answer: (given) => {
      const { control } = settingsOf(given.input, given.handedOver);
      setHandler(progressQuery, () =>
        new RunProgress(given.handedOver, given.input).answer(control, new Date()),
      );
    },
  });
  return new Pipeline(input, handedOver).run();
}

class Pipeline {
  #input: AlpacaInput;
  /** of a retraining, once it has looked: the input’s rows and model are what it found */
  #newRows: NewRows | null;
  readonly #control: OwnedControl;
  readonly #progress: RunProgress;
  readonly #results: Results;
  readonly #children: ChildSteps;
  readonly #outage: Outage;
  readonly #notifier: Notifier;

  constructor(input: AlpacaInput, carried: AlpacaHandedOver | null) {
    this.#input = input;
    this.#newRows = carried?.newRows ?? null;
    this.#progress = new RunProgress(carried, input);
    this.#results = carried?.results ?? {};
    this.#children = new ChildSteps(schedulingOf(input), (pause) => this.#waits(pause));
    this.#control = ownControl(
      settingsOf(input, carried),
      [
        pausable,
        budgeted(() => this.#progress.spentUsd),
        generationUpdates({
          accepted: () => this.#progress.counters.accepted,
          ended: () => this.#results.generate !== undefined || input.generate.from !== null,
        }),
      ],
      (control) => {
        this.#show();
        return this.#children.forward(control);
      },
    );
    this.#outage = new Outage(this.#control, (pause) => this.#waits(pause));
    this.#notifier = new Notifier(input.notify, this.#answer(), carried !== null);
    setHandler(progressQuery, () => this.#answer());
    takeSignal(reportSignal, sentReport, ({ runId, report }) => {
      // Late: it has ended.
      if (this.#results[report.child] !== undefined) return;
      if (report.child !== this.#progress.table.current())
        return this.#children.endFormer(report.child, runId);
      this.#children.took(report.version, this.#control);
      this.#progress.take(report, this.#control.version);
      this.#show();
    });
  }

  async run(): Promise<AlpacaResult | null> {
    const patiently = <Result>(work: () => Promise<Result>) => this.#outage.patiently(work);
    this.#show();
    if (this.#input.retrain !== null && this.#newRows === null) {
      await this.#control.running();
      await this.#notifier.begin(this.#outage);
      const taken = await sayingHowToGoOn(() => takeUp(this.#input, patiently));
      if ('result' in taken) return taken.result;
      this.#input = taken.input;
      this.#newRows = taken.found;
    }
    const sampled = await this.#step('sample', async () => {
      await this.#notifier.begin(this.#outage);
      this.#input = await lookAhead(this.#input, patiently);
      const { runSeed, language, languages, sample } = this.#input;
      return processing('read the seed tasks').sampleSeeds({ runSeed, language, languages, ...sample });
    });
    const { notify: _, ...recipe } = this.#input;
    const { runSeed, language, languages, priority, fairnessKey, ...settings } = recipe;

    const generated = await this.#step('generate', () =>
      this.#children.run(
        'generate',
        {
          ...{ runSeed, language, languages, priority, fairnessKey, ...settings.generate },
          seedTasks: sampled.seedTasks,
          threshold: settings.dedupe.threshold,
          tokenization: settings.dedupe.tokenization ?? sampled.tokenization,
          budgetUsd: settings.budgetUsd,
        },
        this.#control,
      ),
    );

    const deduped = await this.#step('dedupe', async () => {
      const tokenizedBy = tokenizationOfSet(settings.dedupe.tokenization, sampled.tokenization, generated);
      const { data } = generated;
      const result = await dedupeWithin(
        {
          ...{ ...settings.dedupe, tokenization: tokenizedBy, data },
          ...{ against: sampled.seedTasks, budgetUsd: null },
        },
        this.#payment(),
      );
      checkAgreement(generated, result, this.#input.dedupe);
      return result;
    });

    const { filter } = settings;
    const filtered =
      filter &&
      (await this.#step('filter', async () => {
        const { data, similarity } = deduped;
        const input = { ...filter, language, languages, data, similarity, budgetUsd: null };
        const result = await filterWithin(input, this.#payment());
        checkRowsLeft(result);
        return result;
      }));
    const { data, similarity } = filtered ?? deduped;

    const tokenized = await this.#step('tokenize', () =>
      processing('tokenize and mask').tokenizeRows({
        runSeed,
        language,
        ...settings.tokenize,
        data,
      }),
    );

    const trained = await this.#step('train', () =>
      this.#children.run(
        'train',
        {
          runSeed,
          language,
          ...settings.train,
          data,
          model: settings.tokenize.model,
          tokenized: {
            model: tokenized.model,
            tokens: tokenized.tokens,
            heldOutTokens: tokenized.heldOutTokens,
            addedTokens: tokenized.addedTokens,
          },
        },
        this.#control,
      ),
    );

    const evaluated = await this.#step('evaluate', () =>
      this.#children.run(
        'evaluate',
        {
          ...{ runSeed, language, languages },
          ...settings.evaluate,
          modelA: trained.model,
          modelB: tokenized.model,
          instructions: sampled.evaluationInstructions,
          tokens: tokenized.tokens,
          heldOutTokens: tokenized.heldOutTokens,
          heldOutRows: tokenized.heldOutRows,
          trainingRows: data,
          budgetUsd: this.#budgetLeft(),
        },
        this.#control,
      ),
    );

    const results = {
      ...{ sample: sampled, generate: generated, dedupe: deduped, filter: filtered },
      ...{ tokenize: tokenized, train: trained, evaluate: evaluated },
    };
    const { workflowId, runId } = workflowInfo();
    const released = await this.#step('release', () =>
      processing('write the release').writeRelease({
        ...{ ...settings.release, votes: [] },
        ...{ data, similarity },
        run: { workflowId, runId, input: recipe, ...results },
      }),
    );

    await condition(allHandlersFinished);
    return {
      ...results,
      release: released,
      rows: data.rows,
      dataset: released.dataset,
      costUsd: this.#progress.counters.costUsd,
      retrain: leftToTheNext(this.#newRows),
    };
  }

  /** Runs a step once in the life of the run, however often it continues as new. */
  async #step<Name extends StageName>(
    name: Name,
    work: () => Promise<NonNullable<Results[Name]>>,
  ): Promise<NonNullable<Results[Name]>> {
    const known = this.#results[name];
    if (known !== undefined) return known as NonNullable<Results[Name]>;
    await this.#control.running();
    this.#progress.table.start(name, new Date());
    this.#show();
    const result = await sayingHowToGoOn(() => this.#outage.patiently(work));
    this.#results[name] = result;
    this.#progress.waitsFor = null;
    this.#progress.book(name, this.#results);
    this.#progress.table.finish(name, new Date());
    this.#show();
    if (name !== 'release' && workflowInfo().continueAsNewSuggested) await this.#continueAsNew();
    return result;
  }

  /** What steps that pay for something by themselves go by. */
  #payment(): Payment {
    return {
      budgetUsd: () => this.#budgetLeft(),
      payer: this.#control.payer,
      outage: this.#outage,
      waiting: (pause) => this.#waits(pause),
    };
  }

  #waits(pause: Pause | null): void {
    this.#progress.waitsFor = pause;
    this.#show();
  }

  #budgetLeft(): number | null {
    return leftUsd(this.#control.state.budgetUsd, this.#progress.spentUsd);
  }

  #show(): void {
    this.#progress.aimAt(this.#control.state.target);
    const progress = this.#answer();
    showProgress(progress, foundBy(progress, this.#input));
    this.#notifier.look(progress);
  }

  #answer(): Progress {
    return this.#progress.answer(this.#control.state, new Date());
  }

  async #continueAsNew(): Promise<never> {
    // A message that is taken while an event is sent may have more to tell.
    await condition(() => allHandlersFinished() && this.#notifier.hasSent);
    const handedOver: AlpacaHandedOver = {
      control: this.#control.state,
      version: this.#control.version,
      stages: this.#progress.table.stages,
      results: this.#results,
      counters: this.#progress.counters,
      newRows: this.#newRows,
    };
    return continueAsNew<typeof alpaca>(this.#input, { handedOver });
  }
}
