import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AlpacaError } from '../../../activities/errors.ts';
import { tallyOf } from '../../../activities/rate/tally.ts';
import { votes } from '../../../workflows/contracts/rate.ts';
import { choiceAt } from '../../../workflows/decisions/ballot.ts';
import { describeIssue } from '../../../workflows/decisions/issue-text.ts';
import { LARGEST_VOTES } from '../admission.ts';
import type { ShownSeat, ShownTally } from '../page-answers.ts';
import { browserName, knowAgain } from './browser-cookie.ts';
import type { RatingItems } from './rating-items.ts';
import { ratingPage, startPage } from './rating-pages.ts';
import type { RatingSource } from './ratings.ts';

type OfRating = { Params: { rating: string } };
type OfRater = { Params: { rating: string; key: string } };
type OfItem = { Params: { rating: string; key: string; item: string } };

const joining = z.strictObject({});
const voting = z.strictObject({ votes });

/**
 * The pages of a comparison by people, and what they ask for. A page learns texts and places in the rater's
 * own list: neither names nor which answer is whose.
 */
export function serveRatings(
  app: FastifyInstance,
  { ratings, items }: { ratings: RatingSource; items: RatingItems },
): void {
  const takesBody = { bodyLimit: LARGEST_VOTES };
  const page = 'text/html; charset=utf-8';

  app.get<OfRating>('/rate/:rating', async (request, reply) => {
    const { rating } = request.params;
    await ratings.view(rating);
    knowAgain(request, reply);
    return reply.type(page).send(startPage(rating));
  });

  app.get<OfRater>('/rate/:rating/:key', async ({ params: { rating, key } }, reply) => {
    const { mode } = await items.seat(rating, key);
    return reply.type(page).send(ratingPage(rating, key, mode));
  });

  app.get<OfRater>('/api/rate/:rating/:key', async ({ params: { rating, key } }): Promise<ShownSeat> => {
    const { mode, assigned, ballot, finished } = await items.rater(rating, key);
    const choices = Array.from({ length: assigned }, (_, item) => choiceAt(ballot, item));
    return { mode, items: assigned, choices, revisions: ballot.revisions, finished };
  });

  app.get<OfItem>('/api/rate/:rating/:key/items/:item', ({ params: { rating, key, item } }) =>
    items.shown(rating, key, item),
  );

  app.post<OfRating>('/api/rate/:rating/join', takesBody, async (request) => {
    const { rating } = request.params;
    checked(joining, request.body);
    const browser = browserName(request, rating);
    if (browser === null)
      throw new AlpacaError('InvalidInput', 'Your browser keeps no cookie of this page.', {
        remedy: 'Allow it one, or ask for a link of your own.',
      });
    const { key } = await ratings.join(rating, browser);
    return { path: `/rate/${encodeURIComponent(rating)}/${key}` };
  });

  app.post<OfRater>('/api/rate/:rating/:key/votes', takesBody, async ({ params: { rating, key }, body }) => {
    await items.seat(rating, key);
    return ratings.vote(rating, key, checked(voting, body).votes);
  });

  app.post<OfRater>('/api/rate/:rating/:key/finish', takesBody, async ({ params: { rating, key } }) => {
    await items.seat(rating, key);
    await ratings.finish(rating, key);
    return { finished: true };
  });

  app.get<OfRater>(
    '/api/rate/:rating/:key/tally',
    async ({ params: { rating, key } }): Promise<ShownTally> => {
      const { finished, mode, plan } = await items.rater(rating, key);
      if (!finished)
        throw new AlpacaError('Permission', 'The tally is shown to raters who are done.', {
          remedy: 'Finish first.',
        });
      const { seats } = await ratings.view(rating);
      const ballots = seats.map(({ letters }) => letters);
      const {
        summary,
        votes: counted,
        agreement,
      } = tallyOf({ mode, plan, sets: await items.sets(rating, key) }, ballots);
      const done = seats.filter(({ state }) => state === 'finished').length;
      return { summary, votes: counted, agreement, raters: seats.length, done };
    },
  );
}

/** @throws AlpacaError InvalidInput naming the field */
function checked<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AlpacaError('InvalidInput', `${issue ? describeIssue(issue, body, 'the body') : 'Wrong body'}.`);
}
