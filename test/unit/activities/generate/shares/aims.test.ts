import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAims, type PlacedRow } from '../../../../../activities/generate/shares/aims.ts';

const SETTINGS = { promptsPerRequest: 5, seesAfter: 4, rowsPerPrompt: 17 };

/**
 * Rows of 60 requests, where a prompt with an aim brings rows of each cell as the teacher does, and a request sees those of
 * requests more than four before it. The shares that come of it.
 */
function sharesAfter(
  targets: readonly number[],
  brings: readonly (readonly number[])[],
  requests = 60,
): number[] {
  const rows: PlacedRow[] = [];
  const aims = createAims({ ...SETTINGS, targets }, (request) =>
    rows.filter((row) => row.request < request - SETTINGS.seesAfter),
  );
  for (let request = 0; request < requests; request += 1)
    for (let prompt = 0; prompt < SETTINGS.promptsPerRequest; prompt += 1)
      for (const [cell, count] of (brings[aims(request, prompt)] ?? []).entries())
        for (let row = 0; row < count; row += 1) rows.push({ cell, request, prompt });
  return targets.map((_, cell) => rows.filter((row) => row.cell === cell).length / rows.length);
}

function within(shares: readonly number[], targets: readonly number[], points: number): void {
  for (const [cell, share] of shares.entries())
    assert.ok(Math.abs(share - (targets[cell] ?? 0)) <= points / 100, `${share} of ${targets[cell]}`);
}

describe('the aims of prompts', () => {
  it('are spread as the shares are, before anything is seen', () => {
    const aim = createAims({ ...SETTINGS, targets: [0.8, 0.2] }, () => []);
    const first = [0, 1].flatMap((request) => [0, 1, 2, 3, 4].map((prompt) => aim(request, prompt)));
    assert.deepEqual(first, [0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
  });

  it('bring the shares where the teacher keeps to them', () => {
    const targets = [0.1, 0.2, 0.7];
    within(
      sharesAfter(targets, [
        [12, 0, 0],
        [0, 12, 0],
        [0, 0, 12],
      ]),
      targets,
      0.5,
    );
  });

  it('bring them where prompts of one aim bring a third of the rows of others', () => {
    const targets = [0.2, 0.8];
    within(
      sharesAfter(targets, [
        [4, 0],
        [0, 12],
      ]),
      targets,
      1,
    );
  });

  it('bring them where the teacher keeps to an aim half of the time, and others have some of it too', () => {
    const targets = [0.1, 0.2, 0.7];
    within(
      sharesAfter(targets, [
        [6, 2, 4],
        [1, 8, 3],
        [0, 1, 11],
      ]),
      targets,
      1,
    );
  });

  it('bring them in a small run, of twelve requests', () => {
    const targets = [0.8, 0.2];
    within(
      sharesAfter(
        targets,
        [
          [14, 0],
          [0, 14],
        ],
        12,
      ),
      targets,
      2,
    );
  });

  it('ask for what is missing alone, where a teacher never brings it', () => {
    const rows = Array.from({ length: 10 }, () => ({ cell: 1, request: 0, prompt: 1 }));
    const aim = createAims({ ...SETTINGS, targets: [0.5, 0.5] }, (request) => (request > 4 ? rows : []));
    assert.deepEqual(
      [20, 21].map((request) => aim(request, 0)),
      [0, 0],
    );
  });

  it('are the same whatever is known beyond what a request sees', () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      cell: 1,
      request: Math.floor(index / 10),
      prompt: 0,
    }));
    const upTo = (taken: number) =>
      createAims({ ...SETTINGS, targets: [0.5, 0.5] }, (request) =>
        rows.filter((row) => row.request < Math.min(taken, request - SETTINGS.seesAfter)),
      );
    const [early, late] = [upTo(6), upTo(10)];
    for (const prompt of [0, 1, 2, 3, 4]) assert.equal(early(10, prompt), late(10, prompt));
  });
});
