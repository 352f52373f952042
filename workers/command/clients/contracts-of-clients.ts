import { goOf } from './go.ts';
import { javaOf } from './java.ts';
import { pythonOf } from './python.ts';
import { recordsOfContracts } from './shapes.ts';

/** What is made of the contracts for clients in other languages, by its path from the repository's root. */
export function contractsOfClients(): Readonly<Record<string, string>> {
  const records = recordsOfContracts();
  return {
    'clients/python/alpaca_contracts.py': pythonOf(records),
    'clients/go/contracts/contracts.go': goOf(records),
    'clients/java/src/main/java/alpaca/Contracts.java': javaOf(records),
  };
}
