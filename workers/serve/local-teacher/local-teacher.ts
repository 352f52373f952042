import type { LocalModel } from '../../../activities/teacher/profile/local-profile.ts';
import type { ServedModels } from '../models.ts';
import { startModelServer } from '../server.ts';
import { openLlamaCppModel } from './llama-cpp-model.ts';

export interface LocalTeacher {
  /** the base URL for an OpenAI client, ending in /v1 */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts a server of one language model, which llama.cpp computes on this machine's processors: a teacher that is free,
 * needs no network, and makes the faults of a small model.
 *
 * @param port 0: any free one
 * @throws AlpacaError Configuration where it cannot listen
 */
export async function startLocalTeacher(model: LocalModel, port = 0): Promise<LocalTeacher> {
  const opened = await openLlamaCppModel(model, new AbortController().signal);
  const taken = { model: opened, release() {} };
  const models: ServedModels = {
    names: async () => [model.name],
    has: async (name) => name === model.name,
    about: async (name) =>
      name === model.name
        ? { state: 'open', takesConversations: opened.hasOwnForm, base: null, examples: [] }
        : undefined,
    take: async (name) => (name === model.name ? taken : undefined),
    close: () => opened.close(),
  };
  try {
    const server = await startModelServer({ models, host: '127.0.0.1', port, token: null });
    return {
      url: `${server.url}/v1`,
      async close() {
        await server.close();
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
