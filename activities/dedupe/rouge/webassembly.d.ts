/** What this folder uses of WebAssembly's JavaScript interface: TypeScript declares it only beside the DOM. */
declare namespace WebAssembly {
  type Exports = Record<string, unknown>;

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    /** Adds so many pages of 64 KB; what was `buffer` is detached. */
    grow(pages: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }

  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Exports;
  }
}
