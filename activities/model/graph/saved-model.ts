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
 * tensorflow/core/framework/graph.proto, node_def.proto, attr_value.proto say what the fields are).
 */
export function encodeSavedModel(nodes: readonly TracedNode[]): Uint8Array {
  const operations: string[] = [];
  const encoded: Uint8Array[] = [];
  for (const [place, node] of nodes.entries()) {
    const before = operations.at(-LOOKAHEAD) ?? operations[0] ?? null;
    encoded.push(bytesField(GRAPH.node, ...encodeNode(node, place, before)));
    if (node.kind === 'operation') operations.push(node.name);
  }
  const graph = [...encoded, bytesField(GRAPH.versions, integerField(VERSIONS.producer, PRODUCER))];
  return concatenate([
    integerField(SAVED_MODEL.schemaVersion, 1),
    bytesField(
      SAVED_MODEL.metaGraphs,
      bytesField(META_GRAPH.metaInfo, textField(META_INFO.tags, TAG)),
      bytesField(META_GRAPH.graph, ...graph),
    ),
  ]);
}

/** A version of graphs that is not newer than any library's that set-up takes; it decides nothing else here. */
const PRODUCER = 1645;

/** Field numbers of the messages. */
const SAVED_MODEL = { schemaVersion: 1, metaGraphs: 2 };
const META_GRAPH = { metaInfo: 1, graph: 2 };
const META_INFO = { tags: 4 };
const GRAPH = { node: 1, versions: 4 };
const VERSIONS = { producer: 1 };
const NODE = { name: 1, operation: 2, input: 3, attributes: 5 };
const ENTRY = { key: 1, value: 2 };
const VALUE = { integer: 3, bool: 5, type: 6, shape: 7, tensor: 8 };
const SHAPE = { dimension: 2, unknownRank: 3 };
const DIMENSION = { size: 1 };
const TENSOR = { type: 1, shape: 2, content: 4 };

function encodeNode(node: TracedNode, place: number, before: string | null): Uint8Array[] {
  const name = textField(NODE.name, node.name);
  if (node.kind === 'input') {
    return [
      name,
      textField(NODE.operation, 'Placeholder'),
      attribute('dtype', integerField(VALUE.type, node.dtype)),
      attribute('shape', bytesField(VALUE.shape, integerField(SHAPE.unknownRank, 1))),
    ];
  }
  if (node.kind === 'constant') {
    return [
      name,
      textField(NODE.operation, 'Const'),
      attribute('dtype', integerField(VALUE.type, DTYPE.int32)),
      attribute('value', bytesField(VALUE.tensor, ...encodeInts(node.shape, node.values))),
    ];
  }
  const waitsFor = before !== null && !node.inputs.includes(before) ? [`^${before}`] : [];
  return [
    name,
    textField(NODE.operation, node.operation),
    ...[...node.inputs, ...waitsFor].map((input) => textField(NODE.input, input)),
    ...node.attributes.map((given) => attribute(given.name, encodeValue(given))),
    // Equal operations are merged otherwise, and their result is kept from the forward to the backward pass.
    attribute('_place', integerField(VALUE.integer, place)),
  ];
}

function encodeValue({ type, value }: Attribute): Uint8Array {
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT } = loadBinding();
  if (type === TF_ATTR_TYPE) return integerField(VALUE.type, Number(value));
  if (type === TF_ATTR_BOOL) return integerField(VALUE.bool, Number(value));
  if (type === TF_ATTR_INT) return integerField(VALUE.integer, Number(value));
  throw new RangeError(`a traced operation cannot have the attribute ${value}`);
}

function attribute(name: string, value: Uint8Array): Uint8Array {
  return bytesField(NODE.attributes, textField(ENTRY.key, name), bytesField(ENTRY.value, value));
}

function encodeInts(shape: readonly number[], { buffer, byteOffset, byteLength }: Int32Array): Uint8Array[] {
  const dimensions = shape.map((size) => bytesField(SHAPE.dimension, integerField(DIMENSION.size, size)));
  return [
    integerField(TENSOR.type, DTYPE.int32),
    bytesField(TENSOR.shape, ...dimensions),
    bytesField(TENSOR.content, new Uint8Array(buffer, byteOffset, byteLength)),
  ];
}
