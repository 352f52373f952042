import { setCurrentDetails } from '@temporalio/workflow';
import { ownControl, resumable, startingWith } from './control.ts';
import { sayingHowToGoOn } from './how-to-go-on.ts';
import { Outage } from './outage.ts';

/** The work of a step that is one activity: it waits through outages, and says so in the Temporal UI. */
export function oneActivity<Result>(work: () => Promise<Result>): Promise<Result> {
  const control = ownControl(startingWith({}), [resumable]);
  const outage = new Outage(control, (pause) => setCurrentDetails(pause?.reason ?? ''));
  return sayingHowToGoOn(() => outage.patiently(work));
}
