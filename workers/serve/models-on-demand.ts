import type { AboutModel, ServedModels, TakenModel } from './models.ts';
import type { OpenedModel, ServedModel } from './open-model.ts';

/** Where models come from that nobody has asked for yet. */
export interface ModelCatalog {
  /** what can be asked for, the likeliest first; without those of some names */
  names(without?: ReadonlySet<string>): Promise<readonly string[]>;
  /** null where there is none of that name */
  folderOf(name: string): Promise<string | null>;
  /** what is known of it; null where there is none of that name, nor will be */
  about(name: string): Promise<KnownModel | null>;
  /** whether it is served no more, though it may be open; absent where nothing is ever deleted */
  isDeleted?(name: string): Promise<boolean>;
}

/** Of a model that is opened when it is asked for. */
export interface KnownModel extends Omit<AboutModel, 'state'> {
  /** false while its run goes on */
  isMade: boolean;
}

export interface OnDemandOptions {
  open(name: string, folder: string): Promise<OpenedModel>;
  /** more than this are closed as soon as nobody asks them, the longest unused first */
  mostOpen?: number;
  /** a model that nobody has asked for so long is closed: a training may want its memory */
  idleMs?: number;
}

/** Two that are talked to side by side. */
const MOST_OPEN = 2;
const IDLE_MS = 10 * 60_000;

/** Serves the models of a catalog: each is opened when it is asked for, and closed when it is not any more. */
export function serveOnDemand(
  catalog: ModelCatalog,
  { open, mostOpen = MOST_OPEN, idleMs = IDLE_MS }: OnDemandOptions,
): ServedModels {
  /** last in the map is last used */
  const shelf = new Map<string, Shelved>();

  function shelve(name: string, folder: string): Shelved {
    const shelved: Shelved = { opened: open(name, folder), isOpen: false, users: 0, idle: undefined };
    shelved.opened.then(
      () => {
        shelved.isOpen = true;
      },
      // Who takes it next tries again.
      () => void putAway(name, shelved),
    );
    return shelved;
  }

  /** A model whose process has died is opened anew for whoever asks next. */
  async function* watched<Token>(tokens: AsyncIterable<Token>, name: string, shelved: Shelved) {
    try {
      yield* tokens;
    } catch (error) {
      void putAway(name, shelved);
      throw error;
    }
  }

  /** The same for what its tokenizer's process is asked. */
  async function watchedCall<Result>(call: Promise<Result>, name: string, shelved: Shelved): Promise<Result> {
    return call.catch((error) => {
      void putAway(name, shelved);
      throw error;
    });
  }

  async function putAway(name: string, shelved: Shelved): Promise<void> {
    if (shelf.get(name) === shelved) shelf.delete(name);
    clearTimeout(shelved.idle);
    await (await shelved.opened.catch(() => null))?.close();
  }

  function release(name: string, shelved: Shelved): void {
    shelved.users -= 1;
    if (shelved.users > 0) return;
    shelved.idle = setTimeout(() => void putAway(name, shelved), idleMs).unref();
    const unused = [...shelf].filter(([, { users }]) => users === 0);
    for (const [oldest, left] of unused.slice(0, Math.max(0, shelf.size - mostOpen)))
      void putAway(oldest, left);
  }

  return {
    names: () => catalog.names(),
    has: async (name) =>
      !(await catalog.isDeleted?.(name)) && (shelf.has(name) || (await catalog.folderOf(name)) !== null),
    async about(name) {
      if (await catalog.isDeleted?.(name)) return undefined;
      const known = await catalog.about(name);
      if (known === null) return undefined;
      const { isMade, takesConversations, base, examples } = known;
      const shelved = shelf.get(name);
      const open = shelved?.isOpen ? await shelved.opened : null;
      return {
        state: open ? 'open' : isMade ? 'closed' : 'training',
        takesConversations: takesConversations || open?.hasOwnForm === true,
        ...{ base, examples },
      };
    },
    async take(name): Promise<TakenModel | undefined> {
      if (await catalog.isDeleted?.(name)) return undefined;
      if (!shelf.has(name)) {
        const folder = await catalog.folderOf(name);
        if (folder === null) return undefined;
        if (!shelf.has(name)) shelf.set(name, shelve(name, folder));
      }
      const shelved = shelf.get(name);
      if (shelved === undefined) return undefined;
      shelf.delete(name);
      shelf.set(name, shelved);
      clearTimeout(shelved.idle);
      shelved.users += 1;
      const opened = await shelved.opened;
      const stream: ServedModel['stream'] = (prompt, options) =>
        watched(opened.stream(prompt, options), name, shelved);
      const tokenizer: ServedModel['tokenizer'] = {
        prompts: (asked) => watchedCall(opened.tokenizer.prompts(asked), name, shelved),
        decode: (ids) => watchedCall(opened.tokenizer.decode(ids), name, shelved),
        bytesOf: (ids) => watchedCall(opened.tokenizer.bytesOf(ids), name, shelved),
      };
      return { model: { ...opened, stream, tokenizer }, release: once(() => release(name, shelved)) };
    },
    async close() {
      await Promise.all([...shelf].map(([name, shelved]) => putAway(name, shelved)));
    },
  };
}

interface Shelved {
  opened: Promise<OpenedModel>;
  isOpen: boolean;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
