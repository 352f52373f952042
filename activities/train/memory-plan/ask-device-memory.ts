import type { Attempt } from '../../attempt.ts';
import { ChildProcess } from '../../process/child-process.ts';
import type { DeviceMemory } from './device-memory.ts';

/** What a training process on this machine may use: asked in one, since TensorFlow stays with who loads it. */
export async function askDeviceMemory(attempt: Attempt): Promise<DeviceMemory> {
  const entry = new URL('./device-child.ts', import.meta.url);
  const child = new ChildProcess<null, DeviceMemory>(entry, attempt, async () => {}, { name: 'device' });
  try {
    return await child.ask(null);
  } finally {
    await child.close();
  }
}
