import { randomUUID } from 'node:crypto';
import { type DedupeFilesResult, dedupeFiles } from '../../../activities/dedupe/dedupe-files.ts';
import type { EmbeddingOptions } from '../../../activities/dedupe/embedding/embedding-pass.ts';
import { createEmbeddingClient } from '../../../activities/teacher/embeddings.ts';
import type { TeacherProfiles } from '../../../activities/teacher/profile/profiles.ts';
import { isOfHub } from '../../../workflows/contracts/data/hub.ts';
import { type DedupeInput, dedupeInput } from '../../../workflows/contracts/dedupe.ts';
import { counted } from '../../../workflows/decisions/screen/counted.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { unseenText } from '../../../workflows/decisions/screen/unseen-text.ts';
import { fromHere } from '../../runs/from-here.ts';
import { DEDUPE_OPTIONS } from '../definitions/step-options.ts';
import { UsageError } from '../outcome.ts';
import { existing, openStore } from '../place.ts';
import { askToSpend, requirePaidEmbedding } from '../run/estimate.ts';
import { parseInput, schemaValues } from '../schema-options.ts';
import type { Terminal } from '../terminal.ts';
import { budgetOption, retryTeller, terminalAttempt } from './step.ts';
import { startTeachers } from './teachers-here.ts';

interface DedupeOptions extends Record<string, unknown> {
  out: string;
  against?: string;
  rejected?: string;
  field: string;
  skipBadRows?: boolean;
  embeddingTeacher?: string;
  embeddingThreshold?: string;
  embeddingModel?: string;
  budget?: string;
  yes?: boolean;
}

/** `alpaca dedupe DATA`: writes the kept rows and, where asked, the rejected ones; `-` is standard input. */
export async function dedupe(
  data: string,
  options: DedupeOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const given = {
    ...schemaValues(options, dedupeInput, DEDUPE_OPTIONS),
    ...embeddingGiven(options),
    ...budgetOption(options),
  };
  const settings = parseInput(dedupeInput, given, 'options');
  const { out, against, rejected, field, skipBadRows = false } = options;
  const { profiles, close } = await startTeachers(settings.embedding ? [settings.embedding.teacher] : []);
  try {
    const { threshold, tokenization, mode, conversationsBy } = settings;
    const result = await dedupeFiles(
      {
        threshold,
        tokenization,
        mode,
        conversationsBy,
        embedding: await embeddingOf(settings, profiles, options.yes ?? false, terminal),
        input: isOfHub(data) ? await existing(data) : data,
        out,
        against: isOfHub(against) ? await existing(against) : against,
        rejected,
        field,
        skipBadRows,
        onBadRow: ({ source, where, reason }) => terminal.say(`left out: ${source}, ${where}: ${reason}`),
      },
      terminalAttempt(signal),
    );
    terminal.result({ ...result, path: out }, summary(result, out));
  } finally {
    await close();
  }
}

function embeddingGiven({ embeddingTeacher, embeddingThreshold, embeddingModel }: DedupeOptions): {
  embedding?: Record<string, unknown>;
} {
  if (embeddingTeacher === undefined) {
    if (embeddingThreshold === undefined && embeddingModel === undefined) return {};
    throw new UsageError('Embeddings are off. Name who is asked for them: --embedding-teacher NAME.');
  }
  const threshold = Number(embeddingThreshold?.trim() || Number.NaN);
  return {
    embedding: {
      teacher: embeddingTeacher,
      ...(embeddingThreshold === undefined
        ? {}
        : { threshold: Number.isNaN(threshold) ? embeddingThreshold : threshold }),
      ...(embeddingModel === undefined ? {} : { model: embeddingModel }),
    },
  };
}

/** Embeddings are kept in the local store, so that no later command pays for them again. */
async function embeddingOf(
  { embedding, budgetUsd }: DedupeInput,
  profiles: TeacherProfiles,
  yes: boolean,
  terminal: Terminal,
): Promise<EmbeddingOptions | null> {
  if (embedding === null) return null;
  const { teacher, threshold, model } = embedding;
  const paid = await requirePaidEmbedding(embedding, budgetUsd);
  if (paid.length > 0 && !yes) await askToSpend(paid);
  return {
    client: createEmbeddingClient(profiles.get(teacher), process.env, { model }),
    store: openStore(),
    budgetUsd,
    paidBy: `file-${randomUUID()}`,
    threshold,
    told: retryTeller(terminal),
  };
}

function summary(result: DedupeFilesResult, out: string): string {
  const { rows, kept, rejected, exactDuplicates, normalizedDuplicates, badRows } = result;
  const { clusters, largestCluster, embedding } = result;
  const unseen = unseenText(result, rows);
  const lines = [
    `${kept} of ${rows} rows kept in ${fromHere(out)}; ${rejected} rejected`,
    `${counted(exactDuplicates, 'exact duplicate')}, ${counted(normalizedDuplicates, 'rejected row')} with no difference but case and punctuation`,
    `${counted(clusters, 'cluster')} of near duplicates, at most ${counted(largestCluster, 'rejected row')} in one`,
  ];
  if (embedding !== null)
    lines.push(
      `${embedding.rejected} of the rejected by embeddings of ${embedding.model} (${embedding.dimensions} dimensions), in ${counted(embedding.clusters, 'cluster')}; ${counted(embedding.sent, 'text')} sent, ${usd(embedding.costUsd)}`,
    );
  if (unseen !== '') lines.push(unseen);
  const bad = Object.entries(badRows).map(([kind, count]) => `${count} ${kind}`);
  if (bad.length > 0) lines.push(`bad rows left out: ${bad.join(', ')}`);
  return lines.join('\n');
}
