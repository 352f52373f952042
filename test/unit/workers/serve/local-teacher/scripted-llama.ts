/**
 * In place of node-llama-cpp: a model that answers with the prompt's ids in turn, over and over. `asked` is what its
 * sequences were evaluated with, `busy` how many of them are, `most` how many were at once.
 */
export const state = { asked: [] as EvaluateOptions[], busy: 0, most: 0 };

interface EvaluateOptions {
  topK: number;
  repeatPenalty: false | { presencePenalty: number; punishTokens: () => number[] };
}

const sequence = {
  clearHistory: async () => {},
  async *evaluate(ids: number[], options: EvaluateOptions) {
    state.asked.push(options);
    state.busy += 1;
    state.most = Math.max(state.most, state.busy);
    try {
      for (;;)
        for (const id of ids) {
          await new Promise((resolve) => setImmediate(resolve));
          yield id;
        }
    } finally {
      state.busy -= 1;
    }
  },
};

export async function getLlama() {
  const dispose = async () => {};
  const context = { getSequence: () => sequence, dispose };
  return { loadModel: async () => ({ createContext: async () => context, dispose }) };
}
