import { condition, setHandler } from '@temporalio/workflow';
import type { ControlState } from './contracts/progress.ts';
import { refused } from './failed.ts';
import {
  controlSignal,
  pauseUpdate,
  resumeUpdate,
  setBudgetUpdate,
  setConcurrencyUpdate,
  setTargetUpdate,
  stopEarlyUpdate,
} from './messages.ts';

/**
 * The settings that change while a run goes on. The workflow that a person started owns them: it takes
 * the updates. A child follows: it takes the owner's signal. Both work by the same object.
 */
export interface Control {
  readonly state: ControlState;
  /** grows with each change; a child's report says which version it works by */
  readonly version: number;
  /** returns while the run is not paused; waits, without a deadline, while it is */
  running(): Promise<void>;
}

export interface ControlOwner {
  /** what is spent and accepted so far: a new budget or target below it is refused */
  spentUsd(): number;
  accepted(): number;
  /** true once generation has ended: its settings can no longer be changed */
  generationEnded(): boolean;
  /** resolves when the running child, if any, works by the version */
  acknowledged(version: number): Promise<void>;
}

/** Takes the updates. Validators are synchronous: a refused update leaves no trace in the history. */
export function ownControl(initial: ControlState, owner: ControlOwner, version = 0): Control {
  const control = { state: { ...initial }, version, running: () => condition(() => !control.state.paused) };

  const change = async (changed: Partial<ControlState>): Promise<ControlState> => {
    control.state = { ...control.state, ...changed };
    control.version += 1;
    await owner.acknowledged(control.version);
    return control.state;
  };
  const whileGenerating = () => {
    if (owner.generationEnded()) throw refused('the generate step has ended');
  };

  setHandler(pauseUpdate, () => change({ paused: true }), {
    description: 'Start nothing new; what is in flight finishes.',
    validator: () => {
      if (control.state.paused) throw refused('the run is paused already');
    },
  });
  setHandler(resumeUpdate, () => change({ paused: false }), {
    description: 'Go on after a pause.',
    validator: () => {
      if (!control.state.paused) throw refused('the run is not paused');
    },
  });
  setHandler(setBudgetUpdate, (budgetUsd) => change({ budgetUsd }), {
    description: 'Set the hard cap in dollars; a run that waits for money goes on.',
    validator: (budgetUsd) => {
      if (typeof budgetUsd !== 'number' || !Number.isFinite(budgetUsd) || budgetUsd < 0) {
        throw refused(`a budget is a number of dollars, not ${JSON.stringify(budgetUsd)}`);
      }
      if (budgetUsd < owner.spentUsd()) throw refused(`$${owner.spentUsd().toFixed(4)} is spent already`);
    },
  });
  setHandler(setTargetUpdate, (target) => change({ target }), {
    description: 'Set the number of accepted instructions to reach.',
    validator: (target) => {
      whileGenerating();
      if (!Number.isSafeInteger(target) || target < 1)
        throw refused(`a target is a whole number from 1, not ${JSON.stringify(target)}`);
      if (target < owner.accepted())
        throw refused(`${owner.accepted()} instructions are accepted already; stopEarly ends with those`);
    },
  });
  setHandler(setConcurrencyUpdate, (concurrency) => change({ concurrency }), {
    description: 'Set the number of requests in flight, 1 to 256.',
    validator: (concurrency) => {
      whileGenerating();
      if (!Number.isSafeInteger(concurrency) || concurrency < 1 || concurrency > 256) {
        throw refused(`concurrency is a whole number from 1 to 256, not ${JSON.stringify(concurrency)}`);
      }
    },
  });
  setHandler(stopEarlyUpdate, () => change({ stopEarly: true }), {
    description: 'End generation with what is accepted, and go on with the steps after it.',
    validator: whileGenerating,
  });
  return control;
}

/** Follows the parent's settings. */
export function followControl(initial: ControlState, version: number, onChange: () => void): Control {
  const control = { state: { ...initial }, version, running: () => condition(() => !control.state.paused) };
  setHandler(controlSignal, (sent) => {
    if (sent.version <= control.version) return;
    control.state = sent.control;
    control.version = sent.version;
    onChange();
  });
  return control;
}
