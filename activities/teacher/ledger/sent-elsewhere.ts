import { type IntentRecord, isOpen, type Ledger } from './ledger.ts';

/** What a prompt is called while anybody who shares the store has it on its way, whichever asking of whichever run. */
export function nameOnTheWay(key: string, { name }: Pick<Ledger, 'name'>): string {
  return `${name}/${key}`;
}

/**
 * Returns once nobody waits for an answer under the key any more.
 *
 * @throws the reason of `signal`
 */
export async function untilSent(
  key: string,
  intents: readonly IntentRecord[],
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  const senders = new Set(intents.filter(isOpen).flatMap(({ sender }) => sender ?? []));
  const name = nameOnTheWay(key, ledger);
  await Promise.all([...senders].map((sender) => ledger.onTheWay.untilEnded(sender, name, signal)));
}
