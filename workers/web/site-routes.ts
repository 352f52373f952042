import type { FastifyInstance } from 'fastify';
import { html, type Markup } from '../../activities/document/html.ts';
import type { RunSource } from '../runs/runs.ts';
import { runPath, SITE_PATHS } from './links.ts';
import { page } from './page.ts';
import type { RunsPlace } from './place.ts';

/** Completed runs among which the latest report is looked for. */
const MOST_LOOKED_AT = 10;

/** Where the header leads from pages that are of no run: to the chat, to the latest run's report, to Temporal's pages. */
export function serveSite(
  app: FastifyInstance,
  { runs, place }: { runs: Pick<RunSource, 'list' | 'view'>; place: RunsPlace },
): void {
  const { Chat, Report, Temporal } = SITE_PATHS;
  const lead = (path: string, find: () => Promise<string | null>, absent: string, how: Markup) =>
    app.get(path, async (_, reply) => {
      const found = await find();
      if (found !== null) return reply.redirect(found);
      return reply
        .code(404)
        .type('text/html; charset=utf-8')
        .send(page(absent, html`<h1>${absent}</h1>\n<p>${how}</p>`));
    });

  lead(
    Chat,
    async () => place.chatUrl,
    'No chat is known',
    html`Start one with <code>npx alpaca serve</code>, or the whole environment with <code>npm run up</code>, and name it in <code>ALPACA_CHAT_URL</code>.`,
  );
  lead(
    Report,
    async () => {
      // The first of a schedule completes with nothing where it finds too few rows.
      const completed = await runs.list({ workflow: 'alpaca', status: 'COMPLETED', limit: MOST_LOOKED_AT });
      for (const { runId } of completed)
        if ((await runs.view(runId)).result !== null) return `${runPath(runId)}/report`;
      return null;
    },
    'No run has a report yet',
    html`It is written when a run completes.`,
  );
  lead(
    Temporal,
    async () => place.temporalUiUrl,
    'No Temporal UI is known',
    html`Name it in <code>ALPACA_TEMPORAL_UI_URL</code>.`,
  );
}
