import { AlpacaError } from '../errors.ts';

/** The error of a file that holds no tokens. */
export function unreadable(path: string, reason: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path} holds no tokens that can be read: ${reason}.`, {
    remedy: 'Run the tokenize step again.',
  });
}
