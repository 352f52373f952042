import { after } from 'node:test';
import { type Harness, type OwnHarness, startHarness } from './harness.ts';

/** One server and one fleet for all tests of a process that need no settings of their own: they cost seconds each. */
let shared: Promise<OwnHarness> | null = null;

after(async () => (await shared)?.close());

/** The harness of this process. It ends, and replays what all its tests made, after the last of them. */
export async function sharedHarness(): Promise<Harness> {
  shared ??= startHarness();
  return shared;
}
