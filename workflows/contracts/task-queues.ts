/** The queue of workers that have a device for models; they are few, and their work is long. */
export const GPU_TASK_QUEUE = 'gpu';
