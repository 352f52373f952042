/**
 * Flags for V8, which would keep the garbage of hundreds of steps or requests, and let the space for young
 * objects grow to 128 MB (the flag is half of it), before it looks for what is needed no more. The collections
 * that it makes instead cost nothing that shows. docker-compose.yml gives its data worker the same.
 */
export const EARLY_COLLECTION = ['--max-semi-space-size=4', '--heap-growing-percent=20'];
