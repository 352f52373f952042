import { Runtime } from '@temporalio/worker';
import { createRunRecordActivities } from '../activities/artifacts/activities.ts';
import { createLocalStore } from '../activities/artifacts/local-store.ts';
import { createDedupeActivities } from '../activities/dedupe/activities.ts';
import { createEvaluateActivities } from '../activities/evaluate/activities.ts';
import { createGenerateActivities } from '../activities/generate/activities.ts';
import { createPreflightActivities } from '../activities/preflight/activities.ts';
import { createRatingActivities } from '../activities/rate/activities.ts';
import { createReleaseActivities } from '../activities/release/activities.ts';
import { createSampleActivities } from '../activities/sample/activities.ts';
import { createEmbeddingClient } from '../activities/teacher/embeddings.ts';
import { createAdmissions } from '../activities/teacher/limits/admissions.ts';
import { loadProfiles, longestTimeoutMs } from '../activities/teacher/profiles.ts';
import { createTokenizeActivities } from '../activities/tokenize/activities.ts';
import type { EvaluateActivities } from '../workflows/contracts/evaluate.ts';
import type { GenerateActivities } from '../workflows/contracts/generate-activities.ts';
import type { DataActivities } from '../workflows/contracts/pipeline.ts';
import type { RatingActivities } from '../workflows/contracts/rate.ts';
import type { RunRecordActivities } from '../workflows/contracts/run-record.ts';
import type { StartActivities } from '../workflows/contracts/start.ts';
import { readConfiguration } from './configuration.ts';
import { evaluateDependencies } from './evaluate-dependencies.ts';
import { fleetLimiter } from './fleet-limiter.ts';
import { main, runWorker } from './worker.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

/** Runs the workflows, and every activity that needs no device: the network, the store, the processor. */

/** More than the widest window of one run: a second run on the same worker is not to starve. */
const CONCURRENT_ACTIVITIES = 300;
/** From an answer to its record, and to the server's word that the attempt has ended. */
const AFTER_AN_ANSWER_MS = 30_000;
/** A window opens all at once: a task that no poll waits for costs the server a way through its database. */
const CONCURRENT_POLLS = 40;

await main(async () => {
  const configuration = readConfiguration();
  const {
    store: root,
    importFolders,
    offlineTeacherUrl,
    teachersFile,
    pricesFile,
    taskQueue,
  } = configuration;
  const store = createLocalStore({ root, importFolders });
  const profiles = await loadProfiles({ env: process.env, offlineTeacherUrl, teachersFile, pricesFile });
  const workflowBundle = await bundleWorkflows();
  await runWorker(configuration, (client) => {
    const log = (message: string) => Runtime.instance().logger.warn(message);
    const admissions = createAdmissions(fleetLimiter(client, taskQueue), log);
    const { judgePairs, askTeacher } = createEvaluateActivities(
      evaluateDependencies(store, profiles, process.env, admissions),
    );
    return {
      taskQueue,
      workflowBundle,
      activities: {
        ...createPreflightActivities({ store, profiles, env: process.env }),
        ...createSampleActivities({ store }),
        ...createGenerateActivities({ store, profiles, admissions }),
        ...createDedupeActivities({
          store,
          clientFor: ({ teacher, model }) =>
            createEmbeddingClient(profiles.get(teacher), process.env, { model, admissions }),
        }),
        ...createTokenizeActivities({ store }),
        ...createRatingActivities({ store }),
        ...createReleaseActivities({ store }),
        ...createRunRecordActivities({ store }),
        judgePairs,
        askTeacher,
      } satisfies StartActivities &
        DataActivities &
        GenerateActivities &
        RatingActivities &
        RunRecordActivities &
        Pick<EvaluateActivities, 'judgePairs' | 'askTeacher'>,
      maxConcurrentActivityTaskExecutions: CONCURRENT_ACTIVITIES,
      maxConcurrentActivityTaskPolls: CONCURRENT_POLLS,
      stopWithinMs: longestTimeoutMs(profiles) + AFTER_AN_ANSWER_MS,
    };
  });
});
