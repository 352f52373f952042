import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from '../kernels/tensor.ts';
import { loadBinding } from '../tensorflow.ts';
import { CALL, encodeSavedModel, TAG } from './saved-model.ts';
import type { Trace } from './trace.ts';

/**
 * A trace that TensorFlow runs as a whole: without a call, a tensor handle and a kernel's look-up for each
 * operation, and with results written over what is needed no more.
 */
export class Graph {
  readonly #session: number;
  readonly #inputs: string;
  readonly #outputs: string;

  /** @param outputs traced tensors, each f32 */
  constructor(trace: Trace, outputs: readonly Tensor[]) {
    const origins = outputs.map((output) => trace.outputOf(output));
    this.#session = load(encodeSavedModel(trace.nodes, origins));
    this.#inputs = trace.inputs.map((_, index) => `input_${index}:0`).join(',');
    this.#outputs = outputs.map((_, index) => `${CALL}:${index}`).join(',');
  }

  /**
   * @param inputs as the trace has them
   * @returns f32 tensors, in the order of the outputs that the graph was made with
   */
  run(inputs: readonly Tensor[]): Tensor[] {
    const ids = inputs.map((tensor) => tensor.id);
    const results = loadBinding().runSavedModel(this.#session, ids, this.#inputs, this.#outputs);
    return results.map(({ id, shape }) => new Tensor(id, shape, 'float32'));
  }

  destroy(): void {
    loadBinding().deleteSavedModel(this.#session);
  }
}

/** How many graphs are kept: the longest unused one goes when another comes. */
const MOST_GRAPHS = 32;

/** The graphs of the traces met so far. */
export class GraphCache {
  /** the last is the last used */
  readonly #graphs = new Map<string, { signature: string; graph: Graph }>();

  /** Runs what was traced. */
  run(trace: Trace, outputs: readonly Tensor[]): Tensor[] {
    return this.#graphOf(trace, outputs).run(trace.inputs);
  }

  #graphOf(trace: Trace, outputs: readonly Tensor[]): Graph {
    const signature = `${trace.signature()}\n${outputs.map((output) => trace.outputOf(output))}`;
    // A key that was there stays the same text: a new one each time would outlive its step, and pile up.
    const known = this.#graphs.get(signature) ?? { signature, graph: new Graph(trace, outputs) };
    this.#graphs.delete(known.signature);
    this.#graphs.set(known.signature, known);
    for (const [oldest, { graph }] of this.#graphs) {
      if (this.#graphs.size <= MOST_GRAPHS) break;
      graph.destroy();
      this.#graphs.delete(oldest);
    }
    return known.graph;
  }

  destroy(): void {
    for (const { graph } of this.#graphs.values()) graph.destroy();
    this.#graphs.clear();
  }
}

/** The binding loads graphs from folders only. */
function load(savedModel: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'alpaca-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    return loadBinding().loadSavedModel(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
