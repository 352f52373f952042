import type { Progress } from '../../contracts/progress.ts';
import type { RunEvent } from '../../contracts/run/events.ts';
import type { RunEventName } from '../../contracts/run/notify.ts';
import { mostIsSpent } from '../budget.ts';

/** Which events come of a run's progress, as one look at it follows the other. */

/** What was told so far, that nothing is told twice. */
export interface Told {
  stages: readonly string[];
  /** what the latest wait that was told is known by */
  wait: string | null;
  /** the budget of which it was told that most is spent */
  budgetUsd: number | null;
}

export const NOTHING_TOLD: Told = { stages: [], wait: null, budgetUsd: null };

export function newEvents(progress: Progress, told: Told, at: Date): { events: RunEvent[]; told: Told } {
  const done = progress.stages.filter(({ state }) => state === 'done').map(({ name }) => name);
  const finished = done.filter((name) => !told.stages.includes(name));
  const events = finished.map((stage) => eventOf('stage', { ...progress, stage }, at));
  const wait = waitOf(progress, told);
  if (wait !== null && wait !== told.wait) events.push(eventOf('paused', progress, at));
  const { budgetUsd, costUsd } = progress;
  const isMost = mostIsSpent(costUsd, budgetUsd);
  if (isMost && told.budgetUsd !== budgetUsd) events.push(eventOf('budget', progress, at));
  return { events, told: { stages: done, wait, budgetUsd: isMost ? budgetUsd : told.budgetUsd } };
}

export function eventOf(
  event: RunEventName,
  progress: Progress | null,
  at: Date,
  failure: string | null = null,
): RunEvent {
  const { pauseKind: kind = null, pauseReason: reason = null } = progress ?? {};
  return {
    ...{ event, at: at.toISOString(), failure, progress: progress && standingOf(progress) },
    pause:
      event === 'paused' && kind !== null && reason !== null ? { kind, reason: withoutQuoted(reason) } : null,
  };
}

/**
 * What a wait is known by. One that ends and comes again with nothing done between is the same: a run that tries every
 * half hour whether an outage is over tells of it once. So is one for a budget until there is another, since near its
 * end each answer may make room for one request more, and a child may not have looked at a new one yet: it is another
 * where more than the old one was spent. A person's is over once the run goes on.
 */
function waitOf({ pauseKind, stage, stages, budgetUsd, costUsd }: Progress, { wait }: Told): string | null {
  if (pauseKind === 'person') return pauseKind;
  if (pauseKind === 'budget') {
    const [, before] = /^budget (.+)$/.exec(wait ?? '') ?? [];
    return before !== undefined && costUsd <= Number(before) ? wait : `budget ${budgetUsd}`;
  }
  if (pauseKind === null) return wait === 'person' ? null : wait;
  const { done = 0 } = stages.find(({ name }) => name === stage) ?? {};
  return [pauseKind, stage, done].join(' ');
}

function standingOf({ stage, stages, accepted, target, costUsd, budgetUsd }: Progress): RunEvent['progress'] {
  const figures = stages.map(({ name, state, done, total, unit }) => ({ name, state, done, total, unit }));
  return { stage, stages: figures, accepted, target, costUsd, budgetUsd };
}

const LONGEST_REASON = 300;

/**
 * A reason in our own words: what an endpoint or a system said may quote a prompt, and stands in parentheses, behind a
 * colon in quotation marks, or behind `fails:`.
 */
export function withoutQuoted(reason: string): string {
  const own = reason
    .replace(/ fails: .*?(?=; (?:waiting until .*, )?trying again in \d+ s$|$)/s, ' fails')
    .replace(/\(.*\)/s, '(…)')
    .replace(/: ["“].*["”]/s, ': …');
  return own.length <= LONGEST_REASON ? own : `${own.slice(0, LONGEST_REASON - 1)}…`;
}
