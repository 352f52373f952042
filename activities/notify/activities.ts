import type { NotifyActivities } from '../../workflows/contracts/run/events.ts';
import { runAttempt } from '../activity-attempt.ts';
import { checkEndpoints, deliver, type NotifyDependencies } from './deliver.ts';

export function createNotifyActivities(
  dependencies: NotifyDependencies & Pick<NotifyActivities, 'lookAtRun'>,
): NotifyActivities {
  const { lookAtRun } = dependencies;
  return {
    checkEndpoints: (endpoints) => runAttempt(() => checkEndpoints(endpoints, dependencies)),
    deliverEvent: (delivery) => runAttempt(({ signal }) => deliver(delivery, dependencies, signal)),
    lookAtRun: (run) => runAttempt(() => lookAtRun(run)),
  };
}
