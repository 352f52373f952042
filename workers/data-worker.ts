import { createRunRecordActivities } from '../activities/artifacts/activities.ts';
import { openStoreAt } from '../activities/artifacts/stores/open-store.ts';
import { createDedupeActivities } from '../activities/dedupe/activities.ts';
import { createEvaluateActivities } from '../activities/evaluate/activities.ts';
import { createFilterActivities, createGradeActivities } from '../activities/filter/activities.ts';
import { createGenerateActivities } from '../activities/generate/activities.ts';
import { createHubActivities } from '../activities/hub/activities.ts';
import { log } from '../activities/log.ts';
import { createNotifyActivities } from '../activities/notify/activities.ts';
import { createPreflightActivities } from '../activities/preflight/activities.ts';
import { createRatingActivities } from '../activities/rate/activities.ts';
import { createReleaseActivities } from '../activities/release/activities.ts';
import { createSampleActivities } from '../activities/sample/activities.ts';
import { createEmbeddingClient } from '../activities/teacher/embeddings.ts';
import { createAdmissions } from '../activities/teacher/limits/admissions.ts';
import { loadProfiles, longestTimeoutMs } from '../activities/teacher/profile/profiles.ts';
import { createTokenizeActivities } from '../activities/tokenize/activities.ts';
import type { EvaluateActivities } from '../workflows/contracts/evaluate.ts';
import type { GradeActivities } from '../workflows/contracts/filter.ts';
import type { GenerateActivities } from '../workflows/contracts/generate-activities.ts';
import type { DataActivities } from '../workflows/contracts/pipeline.ts';
import type { RatingActivities } from '../workflows/contracts/rate.ts';
import type { NotifyActivities } from '../workflows/contracts/run/events.ts';
import type { RunRecordActivities } from '../workflows/contracts/run/record.ts';
import type { StartActivities } from '../workflows/contracts/run/start.ts';
import { readConfiguration } from './configuration.ts';
import { evaluateDependencies, gradeDependencies } from './evaluate-dependencies.ts';
import { alpacaOperations } from './fleet/nexus-operations.ts';
import { runEnds } from './fleet/run-end.ts';
import { fleetLimiter } from './fleet-limiter.ts';
import { main, runWorker } from './worker.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

/**
 * Runs the workflows, and every activity that needs no device: the network, the store, the processor. Each of the
 * three has a queue and slots of its own, and by ALPACA_WORKER_ROLES a process of its own.
 */

type Request = 'answerRequest' | 'submitBatch' | 'pollBatch' | 'cancelBatch';
type Requests = Pick<GenerateActivities, Request> &
  Pick<EvaluateActivities, 'judgePairs' | 'askTeacher'> &
  GradeActivities &
  NotifyActivities;
type Processing = DataActivities & Omit<GenerateActivities, Request> & RatingActivities & RunRecordActivities;

/** From an answer to its record, and to the server's word that the attempt has ended. */
const AFTER_AN_ANSWER_MS = 30_000;
await main(async () => {
  const configuration = readConfiguration();
  const {
    store: root,
    cache,
    importFolders,
    hubOwners,
    offlineTeacherUrl,
    teachersFile,
    pricesFile,
    taskQueue,
    roles,
    nexus,
    webhooks,
  } = configuration;
  const store = openStoreAt({ root, cache, importFolders });
  const profiles = await loadProfiles({ env: process.env, offlineTeacherUrl, teachersFile, pricesFile });
  const { stopWithinMs = longestTimeoutMs(profiles) + AFTER_AN_ANSWER_MS } = configuration;
  const workflowBundle = roles.includes('workflows') ? await bundleWorkflows() : null;
  await runWorker(configuration, store, (client) => {
    const admissions = createAdmissions(fleetLimiter(client, taskQueue), (message) => log.warn(message));
    const generation = createGenerateActivities({ store, profiles, admissions });
    const { answerRequest, submitBatch, pollBatch, cancelBatch, ...rounds } = generation;
    const { judgePairs, askTeacher } = createEvaluateActivities(
      evaluateDependencies(store, profiles, process.env, admissions),
    );
    const requests: Requests = {
      ...{ answerRequest, submitBatch, pollBatch, cancelBatch, judgePairs, askTeacher },
      ...createGradeActivities(gradeDependencies(store, profiles, process.env, admissions)),
      ...createNotifyActivities({ allowed: webhooks, env: process.env, lookAtRun: runEnds(client) }),
    };
    const { resolveStart, ...preflight } = createPreflightActivities(
      { store, profiles, env: process.env },
      configuration.heartbeatSeconds,
    );
    const beginning: StartActivities = { resolveStart };
    const operations = nexus ? { nexusServices: [alpacaOperations()] } : {};
    const processing: Processing = {
      ...preflight,
      ...createHubActivities({
        ...{ env: process.env, owners: hubOwners },
        storeReading: (path) => openStoreAt({ root, cache, importFolders: [path] }),
      }),
      ...createSampleActivities({ store }),
      ...rounds,
      ...createDedupeActivities({
        store,
        clientFor: ({ teacher, model }) =>
          createEmbeddingClient(profiles.get(teacher), process.env, { model, admissions }),
      }),
      ...createFilterActivities({ store }),
      ...createTokenizeActivities({ store }),
      ...createRatingActivities({ store }),
      ...createReleaseActivities({ store }),
      ...createRunRecordActivities({ store }),
    };
    return {
      roles: {
        ...(workflowBundle === null
          ? {}
          : { workflows: { workflowBundle, activities: beginning, ...operations } }),
        ...(roles.includes('requests') ? { requests: { activities: requests } } : {}),
        ...(roles.includes('processing') ? { processing: { activities: processing } } : {}),
      },
      stopWithinMs,
    };
  });
});
