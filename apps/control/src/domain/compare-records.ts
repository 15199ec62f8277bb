// Whether a change of an instance's record is none, only progress, or one to store. Pure.

import { type LifeEvent, transition } from './instance-life.ts';
import type { InstanceRecord, Life } from './records.ts';

/** Whether the event has no effect and `more` is what the record holds already. */
export function changesNothing(record: InstanceRecord, event: LifeEvent, more: Partial<InstanceRecord>): boolean {
  const { state, effects } = transition(record.life, event);
  return state === record.life && effects.length === 0 && !differs(record, more);
}

/** A change of only the start's percentage is shown and not stored. */
export function onlyProgress(before: Life, after: Life): boolean {
  if (before.phase !== 'attended' || after.phase !== 'attended' || before.generation !== after.generation) return false;
  if (before.state.status !== 'starting' || after.state.status !== 'starting') return false;
  return before.state.phase === after.state.phase;
}

export function differs(record: InstanceRecord, more: Partial<InstanceRecord>): boolean {
  return Object.entries(more).some(([name, value]) => {
    const known = record[name as keyof InstanceRecord];
    return !isSame(known, value);
  });
}

export function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
