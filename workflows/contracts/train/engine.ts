import { z } from 'zod';

/** What trains: the package's own trainer, PyTorch, or a program that the GPU worker knows by name. */
export const engineSettings = z.strictObject({
  engine: z
    .enum(['tensorflow', 'torchrun'])
    .default('tensorflow')
    .describe(
      'What trains: this package’s own trainer on one device, or PyTorch on several by its launcher torchrun',
    ),
  processes: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('With `engine` torchrun: processes on the worker’s machine, each with a GPU of its own'),
});
export type EngineSettings = z.infer<typeof engineSettings>;
