/**
 * `npm run bench [-- NAME [ARGUMENTS]]`: runs a benchmark and prints its figures as one JSON object on
 * standard output; what it does meanwhile goes to standard error. Without a name: every one, a line each.
 */
type Benchmark = (args: string[]) => Promise<Record<string, unknown>>;

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  start: async () => (await import('./start/bench.ts')).benchStart,
  tokenize: async () => (await import('./tokenize/bench.ts')).benchTokenize,
  dedupe: async () => (await import('./dedupe/bench.ts')).benchDedupe,
  'korean-pairs': async () => (await import('./dedupe/korean-pairs.ts')).benchKoreanPairs,
  filter: async () => (await import('./filter/bench.ts')).benchFilter,
  classes: async () => (await import('./classes/bench.ts')).benchClasses,
  report: async () => (await import('./report/bench.ts')).benchReport,
  verbs: async () => (await import('./report/verbs.ts')).benchVerbs,
  memory: async () => (await import('./train/memory.ts')).benchMemory,
  packing: async () => (await import('./train/packing.ts')).benchPacking,
  train: async () => (await import('./train/bench.ts')).benchTrain,
  gpu: async () => (await import('./gpu/bench.ts')).benchGpu,
  rounds: async () => (await import('./rounds/bench.ts')).benchRounds,
  store: async () => (await import('./store/bench.ts')).benchStore,
  serve: async () => (await import('./serve/first-token.ts')).benchServe,
  http: async () => (await import('./http/bench.ts')).benchHttp,
  actions: async () => (await import('./actions/bench.ts')).benchActions,
  generate: async () => (await import('./generate/bench.ts')).benchGenerate,
  'does-it-help': async () => (await import('./does-it-help/bench.ts')).benchDoesItHelp,
  'self-instruct': async () => (await import('./generate/self-instruct.ts')).benchSelfInstruct,
};

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(BENCHMARKS, name)) {
  console.error(`There is no benchmark ${name}; there is ${Object.keys(BENCHMARKS).join(', ')}.`);
  process.exit(2);
}
for (const chosen of name === undefined ? Object.keys(BENCHMARKS) : [name]) {
  const benchmark = await BENCHMARKS[chosen]?.();
  console.log(JSON.stringify({ benchmark: chosen, ...(await benchmark?.(args)) }));
}
