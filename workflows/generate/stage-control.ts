import type { Control } from '../control.ts';
import type { GenerationState } from '../decisions/generation-state.ts';

/**
 * The control of a generation as one of its stages has it: an early end that was for an earlier stage has been obeyed,
 * and this one works on what that gave.
 */
export function controlOfStage(control: Control, { stoppedBefore }: GenerationState): Control {
  if (!stoppedBefore) return control;
  return {
    get state() {
      return { ...control.state, stopEarly: false };
    },
    get version() {
      return control.version;
    },
    payer: control.payer,
    running: () => control.running(),
  };
}
