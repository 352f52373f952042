import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { findRun } from '../../find-run.ts';
import { modelOfRun } from '../../run-model.ts';
import { tokenReader } from '../../runs/access/tokens.ts';
import { requireOwner, requireRole, type Visitor } from '../../runs/access/visitor.ts';
import { refuseDeepBody } from '../../runs/deep-body.ts';
import { knownRuns } from '../../runs/runs.ts';
import { runSteering } from '../../runs/steering.ts';
import { visitorOf } from '../admission.ts';
import { serveFiles } from '../files/file-routes.ts';
import type { ModelCatalog } from '../models-on-demand.ts';
import { openAiError, Refused } from '../openai-errors.ts';
import { BUILTIN, modelsOfRuns } from '../run-models.ts';
import { findBase } from './base-model.ts';
import { checkpointModel, withJobModels } from './job-models.ts';
import { markDeleted, readJob } from './job-records.ts';
import { serveJobs } from './job-routes.ts';
import { type JobPlaces, resultsOfJob } from './jobs.ts';
import { isJobId, jobInName } from './model-name.ts';

/** What a model server has beside its models: OpenAI's files and fine-tuning jobs, whose models it serves. */
export interface FineTuning {
  catalog: ModelCatalog;
  visitorOf(token: string): Promise<Visitor | null>;
  routes(app: FastifyInstance): Promise<void>;
}

export interface FineTuningPlaces {
  client: Client;
  store: ArtifactStore;
  /** the server as messages name it */
  server: string;
  /** where jobs are started */
  taskQueue: string;
}

export function fineTuning({ client, store, server, taskQueue }: FineTuningPlaces): FineTuning {
  const runs = knownRuns({ client, store, server });
  const catalog = withJobModels(modelsOfRuns(client, store), { store, runs });
  const trainedModel = async (name: string) => {
    if (await catalog.isDeleted?.(name)) return null;
    const named = jobInName(name);
    if (named !== null && (await readJob(store, named.jobId))?.fineTunedModel !== named.model) return null;
    if (named?.step != null) return checkpointModel(named.jobId, named.step, { store, runs });
    const found = modelOfRun(await findRun({ client, store, server }, named?.jobId ?? name));
    return 'result' in found ? found.result : null;
  };
  const places: JobPlaces = {
    ...{ store, runs, steering: runSteering({ client, store, server, taskQueue }) },
    findBase: (name) => findBase({ store, trainedModel }, name),
  };
  return { catalog, visitorOf: tokenReader(store), routes: routesOf(places) };
}

/** `/v1/files`, `/v1/fine_tuning/jobs`, and the deletion of models. */
export function routesOf(places: JobPlaces): FineTuning['routes'] {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const { status, headers = {}, body } = openAiError(error);
      // What is left of an upload is not waited for.
      if (request.raw.readableEnded === false) reply.header('connection', 'close');
      return reply.code(status).headers(headers).send(body);
    });
    // Some clients say that an empty body is JSON.
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      if (body === '') return done(null, undefined);
      const parse = app.getDefaultJsonParser('error', 'ignore');
      parse(request, String(body), (error, parsed) => {
        if (error) return done(error);
        try {
          refuseDeepBody(parsed);
          done(null, parsed);
        } catch (refused) {
          done(refused instanceof Error ? refused : new Error(String(refused)));
        }
      });
    });
    await serveFiles(app, places.store, (id) => resultsOfJob(places, id));
    serveJobs(app, places);
    serveDeletion(app, places);
  };
}

/** `DELETE /v1/models/NAME`: the model is served no more; its bytes stay with the run that made it. */
function serveDeletion(app: FastifyInstance, { store, runs }: JobPlaces): void {
  app.delete<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const visitor = visitorOf(request);
    requireRole(visitor, 'run');
    const name = request.params['*'];
    const named = jobInName(name);
    if (name === BUILTIN || named?.step != null)
      throw new Refused(400, `${name} cannot be deleted: models of jobs can.`, { param: 'model' });
    const record = await readJob(store, named?.jobId ?? name);
    if (record === null || (!isJobId(name) && record.fineTunedModel !== name))
      throw new Refused(404, `There is no model of a job by the name ${name}.`, {
        ...{ param: 'model', code: 'model_not_found' },
      });
    requireOwner(visitor, record.by, name);
    if ((await runs.view(record.id)).closedAt === null)
      throw new Refused(400, `${name} is still being made: cancel its job ${record.id} first.`, {
        param: 'model',
      });
    await markDeleted(store, record.id, visitor.name);
    return { id: name, object: 'model', deleted: true };
  });
}
