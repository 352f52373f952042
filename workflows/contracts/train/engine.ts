import { z } from 'zod';

/** What trains: the package's own trainer, PyTorch, or a program that the GPU worker knows by name. */
export const engineSettings = z.strictObject({
  engine: z
    .enum(['tensorflow', 'torchrun', 'command'])
    .default('tensorflow')
    .describe(
      'What trains: this package’s own trainer on one device, PyTorch on several by its launcher torchrun, or a command that the GPU worker knows',
    ),
  processes: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'With `engine` torchrun or command: processes on the worker’s machine, each with a GPU of its own',
    ),
  nodes: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .describe('With `engine` torchrun: GPU workers that train together, with so many `processes` each'),
  gatherSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe(
      'With `nodes`: how long workers that are there wait for the others before all are let go and it is tried again',
    ),
  command: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
    .nullable()
    .default(null)
    .describe('With `engine` command: its name; this package has axolotl and llama-factory'),
});
