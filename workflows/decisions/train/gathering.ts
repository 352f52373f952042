import type { NodePlace, Rendezvous } from '../../contracts/train/nodes.ts';

/** The workers that one try at a shard gathers: which of them are there, and where they meet. All or none. */
export class Gathering {
  readonly group: number;
  readonly #places: (NodePlace | null)[];
  #isOver = false;

  /** @param group which try of the workflow run it is */
  constructor(group: number, nodes: number) {
    this.group = group;
    this.#places = Array.from({ length: nodes }, () => null);
  }

  get nodes(): number {
    return this.#places.length;
  }

  /** How many have said where they are. */
  get came(): number {
    return this.#places.filter((place) => place !== null).length;
  }

  get isComplete(): boolean {
    return this.came === this.nodes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why a worker has no place in it; null where it has. */
  refusal({ group, node }: Pick<NodePlace, 'group' | 'node'>): string | null {
    if (group !== this.group || this.#isOver) return `try ${group} at the shard is over`;
    return node < this.nodes ? null : `the shard has ${this.nodes} nodes, and no node ${node}`;
  }

  join(place: NodePlace): void {
    this.#places[place.node] = place;
  }

  /** Nobody is waited for any longer. */
  end(): void {
    this.#isOver = true;
  }

  /** Where all meet, and go on from: as the first node says. Null until all are there. */
  rendezvous(): Rendezvous | null {
    const [first] = this.#places;
    if (!first || !this.isComplete) return null;
    const { group: _group, node: _node, ...place } = first;
    return place;
  }
}
