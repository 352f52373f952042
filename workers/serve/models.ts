import { type OpenedModel, type OpenOptions, openServedModel, type ServedModel } from './open-model.ts';

/** Who knows the models does not answer: asked again later, it may. */
export class ModelsUnreachable extends Error {
  override readonly name = 'ModelsUnreachable';
}

/** The models of a server. */
export interface ServedModels {
  /**
   * What requests may name; the first is the chat page's choice.
   *
   * @throws ModelsUnreachable
   */
  names(): Promise<readonly string[]>;
  /**
   * Whether a chat with it would be answered: of more models than `names` has.
   *
   * @throws ModelsUnreachable
   */
  has(name: string): Promise<boolean>;
  /**
   * What a visitor is told of a model; undefined where there is none of that name, nor will be.
   *
   * @throws ModelsUnreachable
   */
  about(name: string): Promise<AboutModel | undefined>;
  /**
   * Takes a model to ask it; undefined where there is none of that name. It stays open until it is released.
   *
   * @throws AlpacaError of reading its folder; ModelsUnreachable where it is not open yet
   */
  take(name: string): Promise<TakenModel | undefined>;
  close(): Promise<void>;
}

/** What is known of a model before it is asked. */
export interface AboutModel {
  /** `closed`: the first question opens it, which takes a while; `training`: its run goes on, and there is none yet */
  state: 'open' | 'closed' | 'training';
  /** it was taught conversations; else it is to be asked each question by itself */
  takesConversations: boolean;
  /** what it was before it was trained, by a name that requests may use; null where that is not served */
  base: string | null;
  /** questions of rows that it was trained on */
  examples: readonly { instruction: string; input: string }[];
}

/** What of it the rows tell that a model was taught. */
export type Taught = Pick<AboutModel, 'takesConversations' | 'examples'>;

export interface TakenModel {
  readonly model: ServedModel;
  release(): void;
}

/**
 * Opens model folders, each under its name, and keeps them open.
 *
 * @param taught by name, of models whose rows are known
 * @throws AlpacaError of reading a folder; what was opened before is closed again
 */
export async function serveModels(
  folders: ReadonlyMap<string, string>,
  options: OpenOptions,
  taught: ReadonlyMap<string, Taught> = new Map(),
): Promise<ServedModels> {
  const opened = new Map<string, OpenedModel>();
  const close = async () => {
    await Promise.all([...opened.values()].map((model) => model.close()));
  };
  try {
    for (const [name, folder] of folders) opened.set(name, await openServedModel(name, folder, options));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    names: async () => [...opened.keys()],
    has: async (name) => opened.has(name),
    async about(name) {
      const model = opened.get(name);
      if (model === undefined) return undefined;
      const { takesConversations = false, examples = [] } = taught.get(name) ?? {};
      return {
        state: 'open',
        takesConversations: takesConversations || model.hasOwnForm,
        base: null,
        examples,
      };
    },
    async take(name) {
      const model = opened.get(name);
      return model && { model, release() {} };
    },
    close,
  };
}
