import type { Attempt } from '../../attempt.ts';
import { ChildProcess } from '../../process/child-process.ts';
import type { Device } from './device-child.ts';

/**
 * What a training process on this machine computes on and may use: asked in one, since TensorFlow stays with who loads it.
 */
export async function askDevice(attempt: Attempt): Promise<Device> {
  const entry = new URL('./device-child.ts', import.meta.url);
  const child = new ChildProcess<null, Device>(entry, attempt, async () => {}, { name: 'device' });
  try {
    return await child.ask(null);
  } finally {
    await child.close();
  }
}
