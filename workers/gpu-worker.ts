import type { Client } from '@temporalio/client';
import type { ArtifactStore } from '../activities/artifacts/store.ts';
import { openStoreAt } from '../activities/artifacts/stores/open-store.ts';
import { createEvaluateActivities } from '../activities/evaluate/activities.ts';
import { openModel } from '../activities/model/model-process.ts';
import { loadProfiles } from '../activities/teacher/profile/profiles.ts';
import { createTrainActivities } from '../activities/train/activities.ts';
import { askDevice } from '../activities/train/memory-plan/ask-device.ts';
import { KeptProcess, SAVE_WITHIN_MS } from '../activities/train/process/process.ts';
import { DEFAULT_RUN_SEED } from '../workflows/contracts/run.ts';
import { readConfiguration, trainingPrograms } from './configuration.ts';
import { evaluateDependencies } from './evaluate-dependencies.ts';
import { advertised } from './fleet/device-line.ts';
import { fineTuning } from './serve/fine-tuning/fine-tuning.ts';
import { serveOnDemand } from './serve/models-on-demand.ts';
import { openServedModel } from './serve/open-model.ts';
import { readServeConfiguration, type ServeConfiguration } from './serve/serve-configuration.ts';
import { startModelServer } from './serve/server.ts';
import { main, type Neighbour, runWorker } from './worker.ts';

/**
 * Trains and answers on this machine's device: its GPU, or its processor where there is none. Where
 * ALPACA_SERVE_PORT says so it also serves what runs have trained, as an OpenAI-compatible server with a chat
 * page: models run in processes of their own, so neither a training nor a chat holds up the other's messages.
 */

/** What is left of the time to stop once what was under way is saved: to hand it back. */
const AFTER_SAVING_MS = 30_000;

await main(async () => {
  const configuration = readConfiguration();
  const serving = readServeConfiguration();
  const { store: root, cache, importFolders, offlineTeacherUrl, teachersFile, pricesFile } = configuration;
  const store = openStoreAt({ root, cache, importFolders });
  const profiles = await loadProfiles({ env: process.env, offlineTeacherUrl, teachersFile, pricesFile });
  const { stopWithinMs = SAVE_WITHIN_MS + AFTER_SAVING_MS } = configuration;
  const kept = new KeptProcess();
  const saveWithinMs = Math.max(stopWithinMs / 2, stopWithinMs - AFTER_SAVING_MS);
  const { evaluateHeldOut, answerInstructions } = createEvaluateActivities({
    ...evaluateDependencies(store, profiles),
    async openModel(path, attempt) {
      await kept.end();
      return openModel(path, attempt, { answerWithinMs: saveWithinMs });
    },
  });
  await runWorker(
    configuration,
    store,
    () => ({
      roles: {
        gpu: {
          activities: {
            ...createTrainActivities({ store, saveWithinMs, kept, programs: trainingPrograms() }),
            evaluateHeldOut,
            answerInstructions,
          },
        },
      },
      stopWithinMs,
      device: async (attempt) => advertised(await askDevice(attempt)),
    }),
    (client) => (serving === null ? null : serveRuns(client, store, configuration.taskQueue, serving)),
  );
});

async function serveRuns(
  client: Client,
  store: ArtifactStore,
  taskQueue: string,
  serving: ServeConfiguration,
): Promise<Neighbour> {
  const { signal } = new AbortController();
  const beside = fineTuning({ client, store, server: 'the Temporal server', taskQueue });
  const models = serveOnDemand(beside.catalog, {
    open: (name, folder) => openServedModel(name, folder, { seed: DEFAULT_RUN_SEED, signal }),
  });
  const server = await startModelServer({ models, fineTuning: beside, ...serving });
  return {
    ready: { url: server.url },
    async close() {
      await server.close();
      await models.close();
    },
  };
}
