import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assemblePacked, type Batch } from '../../../../../activities/model/batch.ts';
import { GraphCache } from '../../../../../activities/model/graph/graph.ts';
import { Trace } from '../../../../../activities/model/graph/trace.ts';
import { add, addAll, dtypeAttribute, reshape } from '../../../../../activities/model/kernels/operations.ts';
import {
  eagerly,
  executingBy,
  free,
  fromFloats,
  liveTensors,
  scalar,
  scope,
  toFloats,
  toNumber,
} from '../../../../../activities/model/kernels/tensor.ts';
import { Gradients } from '../../../../../activities/model/llama/gradients.ts';
import { Llama, lossAndGradients, type PassOptions } from '../../../../../activities/model/llama/model.ts';
import { TracedPasses } from '../../../../../activities/model/llama/traced-pass.ts';
import { loadBinding } from '../../../../../activities/model/tensorflow.ts';
import { raggedExamples, randomAdapter, randomWeights, tinyConfig } from '../tiny-model.ts';
import { DEMANDING, PLAIN, resultOf, tinyLora } from '../tiny-pass.ts';

describe('a pass that is run as a graph', () => {
  const passes = new TracedPasses();
  after(() => passes.destroy());

  for (const dtype of ['float32', 'bfloat16'] as const) {
    it(`has the bits of one that is run operation by operation: ${dtype}`, () => {
      for (const options of [PLAIN, DEMANDING]) {
        const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), dtype);
        for (const batch of [ragged(9, 30, 17), packed(), ragged(160, 300)])
          assert.deepEqual(byGraph(passes, model, batch, options), byOperation(model, batch, options));
        model.destroy();
      }
    });

    it(`has them with adapters and added tokens, whose dropout differs from step to step: ${dtype}`, () => {
      const weights = new Map([...randomWeights(tinyConfig, 1), ...randomAdapter(tinyConfig, tinyLora)]);
      const model = new Llama(tinyConfig, weights, dtype, tinyLora);
      const results = [1, 2].map((step) => {
        const graph = byGraph(passes, model, packed(), PLAIN, step);
        assert.deepEqual(graph, byOperation(model, packed(), PLAIN, step));
        return graph.loss;
      });
      assert.notEqual(results[0], results[1]);
      model.destroy();
    });
  }

  it('has them of a row with more chunks of queries than TensorFlow adds in order', () => {
    const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), 'float32');
    const long = ragged(1200);
    assert.deepEqual(byGraph(passes, model, long, PLAIN), byOperation(model, long, PLAIN));
    model.destroy();
  });

  const skip = loadBinding().isUsingGpuDevice() && 'a GPU runs operation by operation';
  it('shares its graph with batches of other sizes, as long as they have as many chunks of queries', {
    skip,
  }, () => {
    const fresh = new TracedPasses();
    const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), 'float32');
    const before = graphs();
    for (const batch of [ragged(9, 30, 17), ragged(20, 18, 61), ragged(5)]) {
      assert.deepEqual(byGraph(fresh, model, batch, PLAIN), byOperation(model, batch, PLAIN));
      assert.equal(graphs() - before, 1);
    }
    byGraph(fresh, model, ragged(9, 300, 17), PLAIN);
    assert.equal(graphs() - before, 2);
    fresh.destroy();
    assert.equal(graphs(), before);
    model.destroy();
  });

  it('adds to the gradients of earlier micro-batches', () => {
    const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), 'float32');
    const weights = model.parameters.read('float32');
    const [once, twice] = [new Gradients(), new Gradients()];
    for (const sums of [once, twice, twice])
      free(passes.lossAndGradients(model, weights, packed(), sums, PLAIN));
    for (const name of once.names()) {
      const doubled = toFloats(once.get(name)).map((value) => 2 * value);
      assert.deepEqual(toFloats(twice.get(name)), doubled, name);
    }
    once.free();
    twice.free();
    weights.free();
    model.destroy();
  });

  it('leaves no tensor behind', () => {
    const model = new Llama(tinyConfig, randomWeights(tinyConfig, 1), 'float32');
    byGraph(passes, model, packed(), PLAIN);
    const before = liveTensors();
    for (let pass = 0; pass < 5; pass += 1) byGraph(passes, model, packed(), PLAIN);
    assert.equal(liveTensors(), before);
    model.destroy();
  });
});

describe('a trace', () => {
  it('is equal to another where the operations and what they take from each other are', () => {
    const signatureOf = (shape: readonly number[], ...values: [number, number]) => {
      const trace = new Trace();
      executingBy(trace, () => {
        const [a, b] = values.map((value) => reshape(fromFloats([1], Float32Array.of(value)), shape));
        return a && b && add(a, values[0] === values[1] ? a : b);
      });
      free(trace.owned);
      return trace.signature();
    };
    assert.equal(signatureOf([1, 1], 1, 2), signatureOf([1], 5, 7));
    assert.notEqual(signatureOf([1], 1, 2), signatureOf([1], 3, 3));
  });

  it('adds terms in their order', () => {
    const trace = new Trace();
    executingBy(trace, () => addAll([scalar(1), scalar(2), scalar(3)]));
    free(trace.owned);
    assert.deepEqual(
      trace.nodes.flatMap((node) => (node.kind === 'operation' ? [[node.operation, ...node.inputs]] : [])),
      [
        ['AddV2', 'input_0', 'input_1'],
        ['AddV2', 'operation_3', 'input_2'],
      ],
    );
  });

  it('has, of many terms, the sum that there is without a trace', () => {
    const terms = Array.from({ length: 27 }, (_, term) => Math.fround(1 / (1 + ((term * 7) % 27))));
    const expected = terms.reduce((sum, term) => Math.fround(sum + term));
    const sum = () => addAll(terms.map(scalar));
    assert.equal(
      scope(() => toNumber(sum())),
      expected,
    );
    const trace = new Trace();
    const graphs = new GraphCache();
    const [result] = graphs.run(trace, [executingBy(trace, sum)]);
    assert.ok(result);
    assert.equal(toNumber(result), expected);
    free(result, trace.owned);
    graphs.destroy();
  });

  it('refuses a tensor of another trace', () => {
    const trace = new Trace();
    const stray = executingBy(trace, () => add(scalar(1), scalar(2)));
    free(trace.owned);
    assert.throws(() => executingBy(new Trace(), () => add(stray, stray)), /a tensor of another trace/);
  });
});

describe('an operation that gives another shape than its rule says', () => {
  it('is a defect that is named', () => {
    scope(() => {
      const x = fromFloats([2], Float32Array.of(1, 2));
      const square = () => eagerly.execute('Square', [dtypeAttribute('T', 'float32')], [x], 'float32', [[3]]);
      assert.throws(square, /Square gave \[2\] where \[3\] was expected/);
    });
  });
});

/** Loss and gradients, with everything freed. */
function byGraph(passes: TracedPasses, model: Llama, batch: Batch, options: PassOptions, step = 0) {
  return resultOf(model, step, (weights, sums) =>
    passes.lossAndGradients(model, weights, batch, sums, options),
  );
}

function byOperation(model: Llama, batch: Batch, options: PassOptions, step = 0) {
  return resultOf(model, step, (weights, sums) => lossAndGradients(model, weights, batch, sums, options));
}

function ragged(...lengths: number[]): Batch {
  return assemblePacked(raggedExamples(tinyConfig.vocabSize, lengths, 5).map((example) => [example]));
}

/** Two rows of several examples, long enough for three chunks of queries. */
function packed(): Batch {
  const examples = raggedExamples(tinyConfig.vocabSize, [150, 90, 40, 200, 70], 7);
  return assemblePacked([examples.slice(0, 3), examples.slice(3)]);
}

function graphs(): number {
  return loadBinding().getNumOfSavedModels();
}
