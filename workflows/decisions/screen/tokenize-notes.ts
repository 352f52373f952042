import type { TokenizeInput, TokenizeResult } from '../../contracts/tokenize.ts';
import { counted } from './counted.ts';

/**
 * `; 3 conversations whose earlier turns the chat template drops or rewrites`, and what of the template are no tokens of
 * the tokenizer: said where it happened alone, as most templates do neither.
 *
 * @param rewritten what the run asked to become of such conversations; null where that is not known
 */
export function tokenizeNotes(
  result: Pick<TokenizeResult, 'rewrittenTurns' | 'piecesOfTemplate'>,
  rewritten: TokenizeInput['rewrittenTurns'] | null,
): string {
  // Results of steps that ended before there were the fields have none.
  const { rewrittenTurns = 0, piecesOfTemplate = [] } = result;
  const become =
    rewritten === 'divide' ? ', each of their answers in a row of its own' : ', learnt as they stand';
  return [
    ...(rewrittenTurns === 0
      ? []
      : [
          `; ${counted(rewrittenTurns, 'conversation')} whose earlier turns the chat template drops or rewrites`,
          rewritten === null ? '' : become,
        ]),
    ...(piecesOfTemplate.length === 0
      ? []
      : [
          `; the tokenizer has no token for the chat template’s ${piecesOfTemplate.join(', ')}: learnt as text`,
        ]),
  ].join('');
}
