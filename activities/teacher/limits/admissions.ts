import { randomUUID } from 'node:crypto';
import { LeaseBook } from '../../../workflows/decisions/quota/lease-book.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { type Admission, createAdmission } from './admission.ts';
import type { LimitedByPerson } from './lookout.ts';
import type { LeaseQuota } from './quota-desk.ts';

/** One admission a profile: what asks the same endpoint shares its limits, whichever room it is of. */
export type Admissions = (profile: TeacherProfile) => Admission;

/** Reaches the limiter of a profile. */
export type LimiterOf = (profile: TeacherProfile) => {
  lease: LeaseQuota;
  limitedByPerson: LimitedByPerson;
};

/** Without a server this process is the whole fleet, and keeps its own books. */
const inProcess: LimiterOf = (profile) => {
  const book = new LeaseBook((profile.limits?.windowSeconds ?? 60) * 1000);
  return {
    lease: async (call) => book.lease(call, Date.now()),
    limitedByPerson: async () => false,
  };
};

export function createAdmissions(
  limiterOf: LimiterOf = inProcess,
  log: (message: string) => void = () => {},
): Admissions {
  const holder = randomUUID();
  const admissions = new Map<string, Admission>();
  return (profile) => {
    const known = admissions.get(profile.name);
    if (known) return known;
    const made = createAdmission({ profile, ...limiterOf(profile), holder, log });
    admissions.set(profile.name, made);
    return made;
  };
}
