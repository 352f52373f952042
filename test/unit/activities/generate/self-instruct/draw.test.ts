import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawShownInstructions } from '../../../../../activities/generate/self-instruct/draw.ts';

const humans = Array.from({ length: 10 }, (_, index) => `human ${index}`);
const machines = ['machine 0', 'machine 1', 'machine 2'];
const place = { runSeed: 42, request: 3, prompt: 1 };

function ofMachines(shown: readonly string[]): number {
  return shown.filter((instruction) => instruction.startsWith('machine')).length;
}

describe('the instructions that a prompt shows', () => {
  it('are eight different ones: people’s alone, then with as many machine-made as there are, up to two', () => {
    for (const [seen, expected] of [
      [[], 0],
      [machines.slice(0, 1), 1],
      [machines.slice(0, 2), 2],
      [machines, 2],
    ] as const) {
      const shown = drawShownInstructions(place, humans, seen);
      assert.equal(new Set(shown).size, 8);
      assert.equal(ofMachines(shown), expected);
    }
  });

  it('are a function of seed, request, prompt and what is seen', () => {
    const shown = drawShownInstructions(place, humans, machines);
    assert.deepEqual(drawShownInstructions({ ...place }, humans, [...machines]), shown);
    for (const other of [{ runSeed: 43 }, { request: 4 }, { prompt: 2 }])
      assert.notDeepEqual(drawShownInstructions({ ...place, ...other }, humans, machines), shown);
  });

  it('favour none, and no place', () => {
    const shownOf = new Map<string, number>();
    const places = new Array<number>(8).fill(0);
    for (let request = 0; request < 3000; request += 1) {
      for (const [at, instruction] of drawShownInstructions(
        { ...place, request },
        humans,
        machines,
      ).entries()) {
        shownOf.set(instruction, (shownOf.get(instruction) ?? 0) + 1);
        if (instruction.startsWith('machine')) places[at] = (places[at] ?? 0) + 1;
      }
    }
    // 1,800 of each human (6 in 10), 2,000 of each machine-made (2 in 3), 750 of those in each place; five deviations.
    for (const instruction of humans) assert.ok(Math.abs((shownOf.get(instruction) ?? 0) - 1800) < 135);
    for (const instruction of machines) assert.ok(Math.abs((shownOf.get(instruction) ?? 0) - 2000) < 130);
    for (const count of places) assert.ok(Math.abs(count - 750) < 130, String(count));
  });

  it('cannot be eight of seven', () => {
    assert.throws(() => drawShownInstructions(place, humans.slice(3), machines), {
      code: 'InvalidInput',
      message: /shows 8 instructions, but there are only 7 seed tasks/,
    });
  });
});
