import { ownControl, resumable, startingWith } from '../control.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { Outage } from '../outage.ts';
import { showPause } from '../show.ts';

/** The work of a step that is one activity: it waits through outages, and says so in the Temporal UI. */
export function oneActivity<Result>(work: () => Promise<Result>): Promise<Result> {
  const outage = new Outage(ownControl(startingWith({}), [resumable]), showPause);
  return sayingHowToGoOn(() => outage.patiently(work));
}
