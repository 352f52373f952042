import { type Binding, loadBinding } from '../../../../activities/model/tensorflow.ts';

/** The binding of this process with some of it changed. Its own properties can be neither set nor enumerated. */
export function changedBinding(change: Partial<Binding>): Binding {
  const binding = loadBinding();
  const names = Object.getOwnPropertyNames(binding) as (keyof Binding)[];
  const properties = names.map((name) => [name, binding[name]]);
  return Object.assign(Object.create(null), Object.fromEntries(properties), change);
}
