import { scripted } from '../scripted-activities.ts';

/** Holds the first activity of a run until it is released. */
export function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const sampleSeeds: typeof scripted.sampleSeeds = async (input) => {
    await promise;
    return scripted.sampleSeeds(input);
  };
  return { sampleSeeds, release: resolve };
}
