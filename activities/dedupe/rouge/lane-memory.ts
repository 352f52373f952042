/** WebAssembly memory that is handed out from front to back and never taken back. */
export class LaneMemory {
  readonly wasm = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  bytes = new Uint8Array(this.wasm.buffer);
  lanes = new Uint16Array(this.wasm.buffer);
  integers = new Uint32Array(this.wasm.buffer);
  // Address 0 stays free, so that 0 is never a place.
  #used = 16;

  /** The address of `size` zero bytes, at a multiple of 16. */
  allocate(size: number): number {
    const address = this.#used;
    this.#used += Math.ceil(size / 16) * 16;
    const missing = this.#used - this.bytes.length;
    if (missing > 0) {
      this.wasm.grow(Math.ceil(missing / PAGE_BYTES));
      this.bytes = new Uint8Array(this.wasm.buffer);
      this.lanes = new Uint16Array(this.wasm.buffer);
      this.integers = new Uint32Array(this.wasm.buffer);
    }
    return address;
  }
}

const PAGE_BYTES = 65_536;
