import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AimSettings,
  createAims,
  type PlacedRow,
} from '../../../../../activities/generate/shares/aims.ts';

type SeenBefore = (request: number) => readonly PlacedRow[];
const aimsWith = (settings: AimSettings, seenBefore: SeenBefore) => {
  const aims = createAims(settings);
  return (request: number, prompt: number) => aims.of(request, prompt, seenBefore);
};

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
  const aims = aimsWith({ ...SETTINGS, targets }, (request) =>
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
    const aim = aimsWith({ ...SETTINGS, targets: [0.8, 0.2] }, () => []);
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

  it('give up an aim that brings none of its own, after some sixteen prompts', () => {
    const rows: PlacedRow[] = [];
    const aim = aimsWith({ ...SETTINGS, targets: [0.5, 0.5] }, (request) =>
      rows.filter((row) => row.request < request - SETTINGS.seesAfter),
    );
    const asked = Array.from({ length: 30 }, (_, request) =>
      [0, 1, 2, 3, 4].map((prompt) => {
        const cell = aim(request, prompt);
        rows.push({ cell: 1, request, prompt });
        return cell;
      }),
    );
    assert.ok(asked.slice(0, 4).flat().includes(0));
    assert.deepEqual(new Set(asked.slice(15).flat()), new Set([1]));
  });

  it('are the same whatever is known beyond what a request sees', () => {
    const rows = Array.from({ length: 200 }, (_, index) => ({
      cell: index % 3 === 0 ? 0 : 1,
      request: Math.floor(index / 10),
      prompt: Math.floor((index % 10) / 2),
    }));
    const upTo = (taken: number) =>
      aimsWith({ ...SETTINGS, targets: [0.5, 0.5] }, (request) => {
        const below = Math.max(0, request - SETTINGS.seesAfter);
        if (below > taken) throw new RangeError(`request ${request} sees what is not taken`);
        return rows.filter((row) => row.request < below);
      });
    const [early, late] = [upTo(6), upTo(20)];
    for (const prompt of [0, 1, 2, 3, 4]) assert.equal(early(10, prompt), late(10, prompt));
    assert.throws(() => early(11, 0), RangeError);
  });

  it('go on from rows that begin with those that they were made by, and from no others', () => {
    const rows = [0, 1, 2].map((request) => ({ cell: 0, request, prompt: 0 }));
    const before =
      (list: readonly PlacedRow[]): SeenBefore =>
      (request) =>
        list.filter((row) => row.request < request - 4);
    const aims = createAims({ ...SETTINGS, targets: [0.5, 0.5] });
    aims.of(6, 0, before(rows));
    assert.equal(aims.goesOnFrom(3, before([...rows, { cell: 1, request: 3, prompt: 0 }])), true);
    assert.equal(aims.goesOnFrom(1, before(rows)), false);
    assert.equal(aims.goesOnFrom(3, before(rows.map((row) => ({ ...row })))), false);
    assert.equal(aims.goesOnFrom(3, before(rows.slice(0, 1))), false);
  });
});
