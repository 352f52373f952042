import type { GenerationRun } from '../generation-run.ts';
import type { ProviderJob } from './endpoint.ts';
import { JOB_FIELD, jobMetadata } from './job.ts';
import type { PromptPlace } from './places.ts';

/**
 * The job of a name: by the id that was noted when it was created; where its creation was not seen, among those that
 * the provider lists, by its metadata or by the file that it asks. Null where it was never created.
 *
 * @param since when it may have been created first, in milliseconds
 * @throws AlpacaError Configuration where a job that is listed may be the one, and nothing tells
 */
export async function findJob(
  name: string,
  since: number,
  { ledger, batchEndpoint }: GenerationRun,
): Promise<ProviderJob | null> {
  const noted = await ledger.job(name);
  if (noted?.id) return { ...(await batchEndpoint().look(noted.id)), name };
  const file = noted?.file ?? null;
  const found = await batchEndpoint().findJob(name, file, since);
  if (found !== null) await ledger.noteJob(name, { file, id: found.id });
  return found && { ...found, name };
}

/**
 * A job by the provider's id, with its name. Not every provider gives back the metadata that has it: it is then the
 * one under which this run, or who declared the intents of these prompts, has noted the id.
 */
export async function jobOf(
  id: string,
  places: readonly PromptPlace[],
  { ledger, batchEndpoint }: GenerationRun,
  paidBy: string,
): Promise<ProviderJob> {
  const job = await batchEndpoint().look(id);
  if (job.name !== null) return job;
  const isNoted = async (name: string) => (await ledger.job(name))?.id === id;
  const own = jobMetadata(ledger.name, paidBy)[JOB_FIELD];
  if (await isNoted(own)) return { ...job, name: own };
  const seen = new Set([own]);
  for (const { key } of places)
    for (const { batch } of await ledger.intents(key)) {
      if (batch === undefined || seen.has(batch.job)) continue;
      seen.add(batch.job);
      if (await isNoted(batch.job)) return { ...job, name: batch.job };
    }
  return job;
}
