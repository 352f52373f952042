/** Settings of a training that do something beside another one alone, by that one and what it has to be, in words. */
const BESIDE: Readonly<Record<string, { is: string; settings: readonly string[] }>> = {
  method: {
    is: 'lora',
    settings: [
      ...['loraRank', 'loraAlpha', 'loraDropout', 'loraTargets'],
      ...['loraRankStabilized', 'loraRankPattern', 'loraAlphaPattern'],
    ],
  },
  nodes: { is: '2 or more', settings: ['gatherSeconds'] },
  packing: { is: 'true', settings: ['packedLength'] },
  workers: {
    is: '2 or more',
    settings: ['roundSteps', 'outer', 'roundUpdate', 'roundMoments', 'roundWeights', 'quorum'],
  },
  outer: { is: 'nesterov', settings: ['outerLearningRate', 'outerMomentum'] },
  quorum: { is: 'a number', settings: ['graceSeconds', 'lateShards'] },
};

/**
 * Settings that somebody gave and that would do nothing, since the one that they go with was not given: `loraRank` and
 * no `method` trains all weights. Where it was given, whatever it is, the person knows.
 *
 * @param raw an input of `train` or `alpaca`, or a command's options, without the defaults
 * @returns problems as `describeIssue` words them
 */
export function saidInVain(raw: unknown): string[] {
  if (!isObject(raw)) return [];
  const inside = isObject(raw.train) ? saidInVain(raw.train).map((problem) => `train.${problem}`) : [];
  const here = Object.entries(BESIDE).flatMap(([beside, { is, settings }]) =>
    raw[beside] !== undefined
      ? []
      : settings
          .filter((name) => isGiven(raw[name]))
          .map(
            (name) => `${name} does nothing by itself: expected ${beside} beside it, which would be ${is}`,
          ),
  );
  const { generate } = raw;
  const repeats = isObject(raw.retrain) && !(isObject(generate) && isGiven(generate.from));
  const retrain =
    'retrain does nothing by itself: expected generate.from beside it, which would be rows that grow';
  return [...here, ...inside, ...(repeats ? [retrain] : [])];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
