import { AlpacaError } from '../../../activities/errors.ts';

/** Who asks a service of this program, and what he may. Each role may what those before it may. */
export const ROLES = ['read', 'run', 'spend', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Visitor {
  /** of the token; two visitors of one id are the same to this program */
  id: string;
  /** for people: it stands in the runs that he starts and changes */
  name: string;
  role: Role;
  /** dollars that the budgets which he grants in a day may add up to; null: no bound */
  usdPerDay: number | null;
}

/** What a role is for, in words. */
export const ROLE_MEANINGS: Readonly<Record<Role, string>> = {
  read: 'look at runs and artifacts',
  run: 'start runs that cost nothing, pause, resume and cancel any, and delete files and models of their own',
  spend: 'grant runs budgets, up to so many dollars a day',
  admin: 'all of it without a bound, terminate runs, and delete files and models of anybody',
};

/** Whoever has the one token that the service was started with. */
export const OPERATOR: Visitor = { id: 'operator', name: 'the operator', role: 'admin', usdPerDay: null };

/** Somebody on this machine, without a token: Temporal itself would let him start runs. He grants no money. */
export const ON_THIS_MACHINE: Visitor = {
  ...{ id: 'loopback', name: 'somebody on this machine' },
  ...{ role: 'run', usdPerDay: 0 },
};

export function hasRole(visitor: Visitor, role: Role): boolean {
  return ROLES.indexOf(visitor.role) >= ROLES.indexOf(role);
}

/** @throws AlpacaError Permission, with the role that it takes */
export function requireRole(visitor: Visitor, role: Role): void {
  if (hasRole(visitor, role)) return;
  throw new AlpacaError(
    'Permission',
    `This takes the role ${role} (${ROLE_MEANINGS[role]}), and ${visitor.name} has the role ${visitor.role}.`,
    { remedy: `Make a token of that role with \`npx alpaca token create NAME --role ${role}\`.` },
  );
}

/**
 * @param owner the name of who made it
 * @param what what messages call it
 * @throws AlpacaError Permission where it is another’s, and the visitor has not the role `admin`
 */
export function requireOwner(visitor: Visitor, owner: string, what: string): void {
  if (visitor.name === owner || hasRole(visitor, 'admin')) return;
  throw new AlpacaError(
    'Permission',
    `${what} is of ${owner}, and ${visitor.name} deletes what is their own.`,
    {
      remedy: 'Ask whoever it is of, or one of the role admin.',
    },
  );
}
