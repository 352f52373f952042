import { serve } from '../../process/child-service.ts';
import { type DeviceMemory, deviceMemory } from './device-memory.ts';

/** The entry of the child process behind askDeviceMemory. */
serve<null, DeviceMemory>(async () => deviceMemory());
