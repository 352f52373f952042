import { loadBinding } from '../tensorflow.ts';
import { dtypeAttribute, flag } from './operations.ts';
import { execute, executeMany, free, fromFloats, keep, scope, type Tensor, toFloats } from './tensor.ts';

/** Equal shared names are equal storage in TensorFlow: every variable gets a name of its own. */
let created = 0;

/** An f32 tensor that is updated in place. */
export class Variable {
  readonly shape: readonly number[];
  readonly #handle: Tensor;

  /** @param data row-major; copied */
  constructor(shape: readonly number[], data: Float32Array) {
    const { TF_ATTR_SHAPE, TF_ATTR_STRING } = loadBinding();
    created += 1;
    const attributes = [
      dtypeAttribute('dtype', 'float32'),
      { name: 'shape', type: TF_ATTR_SHAPE, value: shape },
      { name: 'container', type: TF_ATTR_STRING, value: '' },
      { name: 'shared_name', type: TF_ATTR_STRING, value: `variable ${created}` },
    ];
    this.shape = shape;
    this.#handle = keep(execute('VarHandleOp', attributes, [], 'resource', []));
    scope(() => this.assign(fromFloats(shape, data)));
  }

  /** The value now. Free it before the next update, or the update copies the variable first. */
  read(): Tensor {
    const attributes = [dtypeAttribute('dtype', 'float32')];
    return execute('ReadVariableOp', attributes, [this.#handle], 'float32', this.shape);
  }

  assign(value: Tensor): void {
    executeMany(
      'AssignVariableOp',
      [dtypeAttribute('dtype', 'float32')],
      [this.#handle, value],
      'float32',
      [],
    );
  }

  toFloats(): Float32Array {
    return scope(() => toFloats(this.read()));
  }

  /** Gives the storage back. The variable is unusable afterwards. */
  destroy(): void {
    executeMany('DestroyResourceOp', [flag('ignore_lookup_error', true)], [this.#handle], 'float32', []);
    free(this.#handle);
  }

  /** The handle, for operations that update variables in place. */
  get handle(): Tensor {
    return this.#handle;
  }
}

/** The scalars of one Adam update, each f32. */
export interface AdamScalars {
  learningRate: Tensor;
  beta1: Tensor;
  beta2: Tensor;
  /** beta1 and beta2 to the power of the step's number, from 1 */
  beta1Power: Tensor;
  beta2Power: Tensor;
  /** the paper's "epsilon hat", which is added to the square root of the uncorrected second moment */
  epsilonHat: Tensor;
}

/** Kingma and Ba's Adam with bias correction, in place on the variable and both moments. */
export function applyAdam(
  variable: Variable,
  firstMoment: Variable,
  secondMoment: Variable,
  gradient: Tensor,
  scalars: AdamScalars,
): void {
  const inputs = [
    variable.handle,
    firstMoment.handle,
    secondMoment.handle,
    scalars.beta1Power,
    scalars.beta2Power,
    scalars.learningRate,
    scalars.beta1,
    scalars.beta2,
    scalars.epsilonHat,
    gradient,
  ];
  const attributes = [
    dtypeAttribute('T', 'float32'),
    flag('use_locking', false),
    flag('use_nesterov', false),
  ];
  executeMany('ResourceApplyAdam', attributes, inputs, 'float32', []);
}
