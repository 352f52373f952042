import { serve } from '../../process/child-service.ts';
import { type Machine, thisMachine } from '../checkpoint/machine.ts';
import { type DeviceMemory, deviceMemory } from './device-memory.ts';

/** What a training process on this machine computes on. */
export interface Device extends DeviceMemory {
  machine: Machine;
}

/** The entry of the child process behind askDevice. */
serve<null, Device>(async () => ({ ...deviceMemory(), machine: thisMachine() }));
