import { condition, workflowInfo } from '@temporalio/workflow';
import {
  type ControlState,
  controlState,
  type SettingsInForce,
  settingsInForce,
} from './contracts/progress.ts';
import { usd } from './decisions/screen/money-text.ts';
import { refused } from './failed.ts';
import {
  controlSignal,
  pauseUpdate,
  resumeUpdate,
  setBudgetUpdate,
  setConcurrencyUpdate,
  setTargetUpdate,
  stopEarlyUpdate,
  takeSignal,
} from './messages.ts';
import { parentRun } from './parent-run.ts';
import { takeUpdate } from './updates.ts';

/**
 * The settings that change while a run goes on. The workflow that a person started owns them: it takes
 * the updates. A child follows: it takes the owner's signal. Both work by the same object.
 */
export interface Control {
  readonly state: ControlState;
  /**
   * When they were last changed, in milliseconds, and more than before: what a run says after a reset is newer than
   * all that it said before, whatever of that it has forgotten. A child's report says which version it works by.
   */
  readonly version: number;
  /** names the run in what it pays for: the same in its children, after continue-as-new and after a reset */
  readonly payer: string;
  /** returns while the run is not paused; waits, without a deadline, while it is */
  running(): Promise<void>;
}

export interface OwnedControl extends Control {
  /**
   * @param anew whoever waits by these settings hears of them though they are the same: it tries again
   * @returns the settings in force once they have been acknowledged
   */
  change(changed: Partial<ControlState>, anew?: 'anew'): Promise<ControlState>;
  /** makes the same settings the newest that were ever said */
  renew(): void;
}

/**
 * Updates that a workflow takes, registered together. It registers those that change something of it: any
 * other is refused as unknown, by name. Validators are synchronous: a refused update leaves no trace in the
 * history.
 */
export type Updates = (control: OwnedControl) => void;

/** Undefined where this workflow owns none: before its input is read, and in a step, which follows. */
let owned: Control | undefined;

/** By what a workflow's last act waits, when all else of it is over: whoever steers the workflow steers this too. */
export function controlAtTheEnd(): Pick<Control, 'state' | 'version'> {
  return owned ?? { state: startingWith({}).control, version: 0 };
}

const controlNames = controlState.keyof().options;

/** What a workflow starts with: what is not named is not asked for. */
export function startingWith(asked: Partial<ControlState>): SettingsInForce {
  const control = { paused: false, budgetUsd: null, target: 1, concurrency: 1, stopEarly: false, ...asked };
  return { control, version: 0 };
}

/**
 * The control of a step: it follows where a run has it as a child, and takes updates where it runs by itself.
 *
 * @param onChange is told of each change, whoever made it
 */
export function stepControl(
  settings: SettingsInForce,
  updates: readonly Updates[],
  onChange: () => void,
): Control {
  return parentRun()
    ? followControl(settings, onChange)
    : ownControl(settings, updates, async () => onChange());
}

/** @param acknowledged resolves when the running child, if any, works by the settings */
export function ownControl(
  { control: state, version }: SettingsInForce,
  updates: readonly Updates[],
  acknowledged: (control: Control) => Promise<void> = async () => {},
): OwnedControl {
  const control = {
    state,
    version,
    payer: workflowInfo().firstExecutionRunId,
    running: () => condition(() => !control.state.paused),
    renew: () => {
      control.version = Math.max(control.version + 1, Date.now());
    },
    change: async (changed: Partial<ControlState>, anew?: 'anew') => {
      const before = control.state;
      control.state = { ...before, ...changed };
      // What is in force already changes nothing; who asks for it again is answered by the same.
      const isNew = controlNames.some((name) => control.state[name] !== before[name]);
      if (isNew || anew) control.renew();
      // An update that was here before may be handed over while its handler is being set: what the owner of this
      // control is made of is not there yet.
      await Promise.resolve();
      await acknowledged(control);
      return control.state;
    },
  };
  for (const register of updates) register(control);
  owned = control;
  return control;
}

/** So much may the clocks of a server's processes differ. */
const CLOCKS_DIFFER_MS = 60_000;

/** Follows the parent's settings. Any that are of the future are not its: they would be the newest for ever. */
function followControl(settings: SettingsInForce, onChange: () => void): Control {
  const { control: state, version, payer = workflowInfo().firstExecutionRunId } = settings;
  const control = { state, version, payer, running: () => condition(() => !control.state.paused) };
  takeSignal(controlSignal, settingsInForce, (sent) => {
    if (sent.version > Date.now() + CLOCKS_DIFFER_MS) return false;
    if (sent.version <= control.version) return true;
    control.state = sent.control;
    control.version = sent.version;
    onChange();
    return true;
  });
  return control;
}

/** Of whatever can wait. */
export const pausable: Updates = (control) => {
  takeUpdate(pauseUpdate, () => control.change({ paused: true }), {
    description: 'Start nothing new; what is in flight finishes.',
  });
  resumable(control);
};

/** Of whatever can fail for a time: a person who has mended it need not wait for the next try. */
export const resumable: Updates = (control) => {
  takeUpdate(resumeUpdate, () => control.change({ paused: false }, 'anew'), {
    description: 'Go on after a pause; and try at once what the run waits to try again.',
  });
};

/**
 * Of what costs money.
 *
 * @param spentUsd so far: a new budget below it is refused
 */
export function budgeted(spentUsd: () => number): Updates {
  return (control) =>
    takeUpdate(setBudgetUpdate, (budgetUsd) => control.change({ budgetUsd }), {
      description: 'Set the hard cap in dollars; a run that waits for money goes on.',
      validator: (budgetUsd) => {
        if (typeof budgetUsd !== 'number' || !Number.isFinite(budgetUsd) || budgetUsd < 0) {
          throw refused(`a budget is a number of dollars, not ${JSON.stringify(budgetUsd)}`);
        }
        if (budgetUsd < spentUsd()) throw refused(`${usd(spentUsd())} is spent already`);
      },
    });
}

export interface GenerationStanding {
  /** instructions accepted so far: a new target below it is refused */
  accepted(): number;
  /** true once generation has ended: its settings can no longer be changed */
  ended(): boolean;
}

/** Of what generates. */
export function generationUpdates({ accepted, ended }: GenerationStanding): Updates {
  const whileGenerating = () => {
    if (ended()) throw refused('the generate step has ended');
  };
  return (control) => {
    takeUpdate(setTargetUpdate, (target) => control.change({ target }), {
      description: 'Set the number of accepted instructions to reach.',
      validator: (target) => {
        whileGenerating();
        if (!Number.isSafeInteger(target) || target < 1)
          throw refused(`a target is a whole number from 1, not ${JSON.stringify(target)}`);
        if (target < accepted())
          throw refused(`${accepted()} instructions are accepted already; stopEarly ends with those`);
      },
    });
    takeUpdate(setConcurrencyUpdate, (concurrency) => control.change({ concurrency }), {
      description: 'Set the number of requests in flight, 1 to 256.',
      validator: (concurrency) => {
        whileGenerating();
        if (!Number.isSafeInteger(concurrency) || concurrency < 1 || concurrency > 256) {
          throw refused(`concurrency is a whole number from 1 to 256, not ${JSON.stringify(concurrency)}`);
        }
      },
    });
    takeUpdate(stopEarlyUpdate, () => control.change({ stopEarly: true }), {
      description: 'End generation with what is accepted, and go on with the steps after it.',
      validator: () => {
        if (!control.state.stopEarly) whileGenerating();
      },
    });
  };
}
