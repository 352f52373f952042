import { bytesField, concatenate, integerField, textField } from '../../protobuf.ts';
import { DTYPE } from '../kernels/tensor.ts';
import { type Attribute, loadBinding } from '../tensorflow.ts';
import type { TracedNode } from './trace.ts';

/** The tag that a SavedModel is loaded by. */
export const TAG = 'serve';

/**
 * How many operations may be under way at once: each waits for the one that was written so many before it.
 * Independent ones run side by side then, which a chain of all would forbid, and none runs long before its
 * result is needed, as one that a backward pass computes again to save memory otherwise would.
 */
const LOOKAHEAD = 32;

/**
 * TensorFlow's SavedModel of a traced graph (tensorflow/core/protobuf/saved_model.proto, meta_graph.proto and
 * tensorflow/core/framework/graph.proto, function.proto, node_def.proto, attr_value.proto say what the fields
 * are). The operations are the body of a function, which the graph calls: a call can forbid that TensorFlow
 * rewrites the body. It would merge, reorder and fuse operations by its own patterns, and then neither a
 * repeated computation would have the first one's bits, nor one example of a batch be independent of another.
 *
 * @param outputs `node:number` of what the graph gives, each f32
 */
export function encodeSavedModel(nodes: readonly TracedNode[], outputs: readonly string[]): Uint8Array {
  const inputs = nodes.filter((node) => node.kind === 'input');
  const graph = [
    ...inputs.map((node) => bytesField(GRAPH.node, ...encodePlaceholder(node))),
    bytesField(GRAPH.node, ...encodeCall(inputs, outputs)),
    bytesField(GRAPH.library, bytesField(LIBRARY.function, ...encodeFunction(nodes, inputs, outputs))),
    bytesField(GRAPH.versions, integerField(VERSIONS.producer, PRODUCER)),
  ];
  return concatenate([
    integerField(SAVED_MODEL.schemaVersion, 1),
    bytesField(
      SAVED_MODEL.metaGraphs,
      bytesField(META_GRAPH.metaInfo, textField(META_INFO.tags, TAG)),
      bytesField(META_GRAPH.graph, ...graph),
    ),
  ]);
}

/** The node whose outputs are the graph's. */
export const CALL = 'call';

/** A version of graphs that is not newer than any library's that set-up takes; it decides nothing else here. */
const PRODUCER = 1645;

const FUNCTION_NAME = 'pass';

/** Field numbers of the messages. */
const SAVED_MODEL = { schemaVersion: 1, metaGraphs: 2 };
const META_GRAPH = { metaInfo: 1, graph: 2 };
const META_INFO = { tags: 4 };
const GRAPH = { node: 1, library: 2, versions: 4 };
const VERSIONS = { producer: 1 };
const LIBRARY = { function: 1 };
const FUNCTION = { signature: 1, node: 3, results: 4, attributes: 5 };
const SIGNATURE = { name: 1, input: 2, output: 3 };
const ARGUMENT = { name: 1, type: 3 };
const NODE = { name: 1, operation: 2, input: 3, attributes: 5 };
const ENTRY = { key: 1, value: 2 };
const VALUE = { list: 1, bytes: 2, integer: 3, bool: 5, type: 6, shape: 7, function: 10 };
const LIST = { type: 6 };
const FUNCTION_REFERENCE = { name: 1 };
const SHAPE = { unknownRank: 3 };

/** Of a ConfigProto: its graph options have a rewriter, and that is off; so is the older optimizer. */
const CONFIG = { graphOptions: 10 };
const GRAPH_OPTIONS = { optimizer: 3, rewriter: 10 };
const OPTIMIZER = { level: 3 };
const REWRITER = { isOff: 19 };
const NO_REWRITING = bytesField(
  CONFIG.graphOptions,
  bytesField(GRAPH_OPTIONS.optimizer, integerField(OPTIMIZER.level, -1)),
  bytesField(GRAPH_OPTIONS.rewriter, integerField(REWRITER.isOff, 1)),
);

type InputNode = Extract<TracedNode, { kind: 'input' }>;

function encodePlaceholder({ name, dtype }: InputNode): Uint8Array[] {
  return [
    textField(NODE.name, name),
    textField(NODE.operation, 'Placeholder'),
    attribute('dtype', integerField(VALUE.type, dtype)),
    attribute('shape', bytesField(VALUE.shape, integerField(SHAPE.unknownRank, 1))),
  ];
}

function encodeCall(inputs: readonly InputNode[], outputs: readonly string[]): Uint8Array[] {
  const types = (dtypes: readonly number[]) =>
    bytesField(VALUE.list, ...dtypes.map((dtype) => integerField(LIST.type, dtype)));
  return [
    textField(NODE.name, CALL),
    textField(NODE.operation, 'PartitionedCall'),
    ...inputs.map(({ name }) => textField(NODE.input, name)),
    attribute('Tin', types(inputs.map(({ dtype }) => dtype))),
    attribute('Tout', types(outputs.map(() => DTYPE.float32))),
    attribute('f', bytesField(VALUE.function, textField(FUNCTION_REFERENCE.name, FUNCTION_NAME))),
    attribute('config_proto', bytesField(VALUE.bytes, NO_REWRITING)),
  ];
}

function encodeFunction(
  nodes: readonly TracedNode[],
  inputs: readonly InputNode[],
  outputs: readonly string[],
): Uint8Array[] {
  const signature = [
    textField(SIGNATURE.name, FUNCTION_NAME),
    ...inputs.map(({ name, dtype }) => encodeArgument(SIGNATURE.input, name, dtype)),
    ...outputs.map((_, index) => encodeArgument(SIGNATURE.output, `output_${index}`, DTYPE.float32)),
  ];
  const names = new Map(nodes.map((node) => [node.name, node]));
  const body: Uint8Array[] = [];
  const operations: string[] = [];
  for (const node of nodes) {
    if (node.kind === 'input') continue;
    const before = operations.at(-LOOKAHEAD) ?? operations[0] ?? null;
    body.push(bytesField(FUNCTION.node, ...encodeNode(node, before, names)));
    operations.push(node.name);
  }
  const results = outputs.map((output, index) =>
    mapEntry(FUNCTION.results, `output_${index}`, new TextEncoder().encode(inFunction(output, names))),
  );
  const notInlined = mapEntry(FUNCTION.attributes, '_noinline', integerField(VALUE.bool, 1));
  return [bytesField(FUNCTION.signature, ...signature), ...body, ...results, notInlined];
}

function encodeArgument(field: number, name: string, dtype: number): Uint8Array {
  return bytesField(field, textField(ARGUMENT.name, name), integerField(ARGUMENT.type, dtype));
}

function encodeNode(
  node: Exclude<TracedNode, InputNode>,
  before: string | null,
  names: ReadonlyMap<string, TracedNode>,
): Uint8Array[] {
  const inputs = node.inputs.map((input) => inFunction(input, names));
  const waitsFor = before === null ? [] : [`^${before}`];
  return [
    textField(NODE.name, node.name),
    textField(NODE.operation, node.operation),
    ...[...inputs, ...waitsFor].map((input) => textField(NODE.input, input)),
    ...node.attributes.map((given) => attribute(given.name, encodeValue(given))),
  ];
}

/** How a function's body refers to `node:number`: by the name of the operation's output as well. */
function inFunction(origin: string, names: ReadonlyMap<string, TracedNode>): string {
  const [name = '', output = '0'] = origin.split(':');
  const node = names.get(name);
  if (!node || node.kind === 'input') return name;
  return `${name}:${outputName(node.operation, Number(output))}:0`;
}

function outputName(operation: string, output: number): string {
  const known = OUTPUT_NAMES.find(([operations]) => operations.includes(operation));
  return known?.[1][output] ?? 'output';
}

/** The outputs that are not called `output` (tensorflow/core/ops says how each is). */
const OUTPUT_NAMES: readonly [operations: readonly string[], names: readonly string[]][] = [
  [['MatMul'], ['product']],
  [['AddV2', 'Sub', 'Mul', 'RealDiv', 'Minimum', 'SigmoidGrad', 'GreaterEqual'], ['z']],
  [['Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Exp', 'Sigmoid', 'Cast', 'Transpose'], ['y']],
  [['Softmax'], ['softmax']],
  [['SparseSoftmaxCrossEntropyWithLogits'], ['loss', 'backprop']],
];

function mapEntry(field: number, key: string, value: Uint8Array): Uint8Array {
  return bytesField(field, textField(ENTRY.key, key), bytesField(ENTRY.value, value));
}

function encodeValue({ type, value }: Attribute): Uint8Array {
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT } = loadBinding();
  if (type === TF_ATTR_TYPE) return integerField(VALUE.type, Number(value));
  if (type === TF_ATTR_BOOL) return integerField(VALUE.bool, Number(value));
  if (type === TF_ATTR_INT) return integerField(VALUE.integer, Number(value));
  throw new RangeError(`a traced operation cannot have the attribute ${value}`);
}

function attribute(name: string, value: Uint8Array): Uint8Array {
  return mapEntry(NODE.attributes, name, value);
}
