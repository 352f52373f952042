/** Settings of a training that do something beside another one alone, by that one and what it has to be, also in words. */
const BESIDE: Readonly<
  Record<string, { is: string; fits: (value: unknown) => boolean; settings: readonly string[] }>
> = {
  method: {
    is: 'lora',
    fits: (value) => value === 'lora',
    settings: [
      ...['loraRank', 'loraAlpha', 'loraDropout', 'loraTargets'],
      ...['loraRankStabilized', 'loraRankPattern', 'loraAlphaPattern'],
    ],
  },
  nodes: { is: '2 or more', fits: isSeveral, settings: ['gatherSeconds'] },
  packing: { is: 'true', fits: (value) => value === true, settings: ['packedLength'] },
  workers: {
    is: '2 or more',
    fits: isSeveral,
    settings: ['roundSteps', 'outer', 'roundUpdate', 'roundMoments', 'roundWeights', 'quorum'],
  },
  outer: {
    is: 'nesterov',
    fits: (value) => value === 'nesterov',
    settings: ['outerLearningRate', 'outerMomentum'],
  },
  quorum: { is: 'a number', fits: isGiven, settings: ['graceSeconds', 'lateShards'] },
};

/**
 * Settings that somebody gave and that would do nothing, since the one that they go with was not given: `loraRank` and
 * no `method` trains all weights. Where it was given, whatever it is, the person knows: what it takes back may be of a
 * recipe, or a default.
 *
 * @param raw an input of `train` or `alpaca`, or a command's options, without the defaults
 * @param isTyped one person has said all of it at once, and nothing in it takes back another: the one that it goes with
 *   has to fit too
 * @returns problems as `describeIssue` words them
 */
export function saidInVain(raw: unknown, { isTyped = false } = {}): string[] {
  if (!isObject(raw)) return [];
  const inside = isObject(raw.train)
    ? saidInVain(raw.train, { isTyped }).map((problem) => `train.${problem}`)
    : [];
  const here = Object.entries(BESIDE).flatMap(([beside, { is, fits, settings }]) => {
    const value = raw[beside];
    const given = settings.filter((name) => isGiven(raw[name]));
    if (value === undefined)
      return given.map(
        (name) => `${name} does nothing by itself: expected ${beside} beside it, which would be ${is}`,
      );
    return isTyped && !fits(value)
      ? given.map(
          (name) => `${name} does nothing where ${beside} is ${value}: expected ${beside} to be ${is}`,
        )
      : [];
  });
  const { generate } = raw;
  const repeats = isObject(raw.retrain) && !(isObject(generate) && isGiven(generate.from));
  const retrain =
    'retrain does nothing by itself: expected generate.from beside it, which would be rows that grow';
  return [...here, ...inside, ...(repeats ? [retrain] : [])];
}

function isSeveral(value: unknown): boolean {
  return typeof value === 'number' && value > 1;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
