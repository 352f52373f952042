import { fileURLToPath } from 'node:url';
import { type PeerPython, pythonWith, runPython } from '../python.ts';

export interface RustMeasurement {
  version: string;
  seconds: number;
}

/** A Python with the Rust library, or why there is none. */
export function pythonWithTokenizers(): Promise<PeerPython> {
  return pythonWith('tokenize', { modules: ['tokenizers'], packages: ['tokenizers==0.23.3'] });
}

export function runPeer(python: string, args: readonly string[]): Promise<RustMeasurement> {
  const script = fileURLToPath(new URL('./rust_peer.py', import.meta.url));
  return runPython(python, [script, ...args]);
}
