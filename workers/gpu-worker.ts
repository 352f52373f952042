import { createLocalStore } from '../activities/artifacts/store.ts';
import { createEvaluateActivities } from '../activities/evaluate/activities.ts';
import { loadProfiles } from '../activities/teacher/profiles.ts';
import { createTrainActivities } from '../activities/train/activities.ts';
import { GPU_TASK_QUEUE } from '../workflows/contracts/task-queues.ts';
import { readConfiguration } from './configuration.ts';
import { evaluateDependencies } from './evaluate-dependencies.ts';
import { main, runWorker } from './worker.ts';

/** Trains and answers on this machine's device: its GPU, or its processor where there is none. */

await main(async () => {
  const configuration = readConfiguration();
  const { store: root, importFolders, offlineTeacherUrl, teachersFile, pricesFile } = configuration;
  const store = createLocalStore({ root, importFolders });
  const profiles = await loadProfiles({ env: process.env, offlineTeacherUrl, teachersFile, pricesFile });
  const { evaluateHeldOut, answerInstructions } = createEvaluateActivities(
    evaluateDependencies(store, profiles),
  );
  await runWorker(configuration, () => ({
    taskQueue: GPU_TASK_QUEUE,
    activities: { ...createTrainActivities({ store }), evaluateHeldOut, answerInstructions },
    // One model at a time has the whole device.
    maxConcurrentActivityTaskExecutions: 1,
  }));
});
