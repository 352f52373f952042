import { createHash } from 'node:crypto';
import type { Device } from '../../activities/train/memory-plan/device-child.ts';

/** What a GPU worker advertises of the one device that it computes on. */
export interface AdvertisedDevice {
  /** the GPU's name after the processor's where it has one, else the processor's */
  device: string;
  kind: Device['kind'];
  /** of the GPU, or what of the machine's a process can get; null where nobody says */
  memoryBytes: number | null;
  /** the same for two workers whose trainings have the same bits: TensorFlow, V8, device, instruction set, threads */
  build: string;
}

export function advertised({ kind, gpuBytes, hostBytes, machine }: Device): AdvertisedDevice {
  return {
    device: machine.processor,
    kind,
    memoryBytes: kind === 'gpu' ? gpuBytes : hostBytes,
    build: createHash('sha256').update(JSON.stringify(machine)).digest('hex').slice(0, 8),
  };
}

/** The same as Temporal shows it, behind the process and its host. */
export function deviceLine({ device, kind, memoryBytes, build }: AdvertisedDevice): string {
  const memory = memoryBytes === null ? '' : ` ${(memoryBytes / 2 ** 30).toFixed(1)} GiB,`;
  return `${kind} ${device},${memory} build ${build}`;
}
