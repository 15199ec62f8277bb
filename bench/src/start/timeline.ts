// The steps from `deploy` to the first token, each with its time. Pure.

import { spreadOf, median } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';

export const steps = [
  'validate',
  'upload',
  'submit',
  'job started',
  'agent up',
  'tunnel up',
  'registered',
  'engine up',
  'resolved',
  'second hop',
  'first token',
] as const;
export type TimelineStep = (typeof steps)[number];

/** When each step was done, in milliseconds from the command. A step that was not needed is absent. */
export type Timeline = Partial<Record<TimelineStep, number>>;

export interface TimedEvent {
  kind: string;
  atMs: number;
}

/** Steps from the events of the history: for the tunnels the last one, for the others the first event. */
export function stepsOfEvents(events: readonly TimedEvent[], sinceMs: number): Timeline {
  const first = (kind: string) => events.find((event) => event.kind === kind)?.atMs;
  const tunnels = events.filter(({ kind }) => kind === 'tunnel.up').map(({ atMs }) => atMs);
  const found: Partial<Record<TimelineStep, number | undefined>> = {
    'agent up': first('agent.started'),
    'tunnel up': tunnels.length === 0 ? undefined : Math.max(...tunnels),
    registered: first('agent.enrolled'),
    'engine up': first('engine.ready'),
  };
  const known = Object.entries(found).filter((entry): entry is [TimelineStep, number] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([step, atMs]) => [step, atMs - sinceMs]));
}

/** From the start of the job to the first token. */
export function sinceJobMs(timeline: Timeline): number {
  return (timeline['first token'] ?? Number.NaN) - (timeline['job started'] ?? Number.NaN);
}

export function timelineTable(title: string, timelines: readonly Timeline[]): Table {
  const rows = steps.flatMap((step) => {
    const at = timelines.flatMap((timeline) => timeline[step] ?? []);
    if (at.length === 0) return [];
    const { median: middle, low, high } = spreadOf(at);
    const sinceJob = timelines.map(
      (timeline) => (timeline[step] ?? Number.NaN) - (timeline['job started'] ?? Number.NaN),
    );
    const after = median(sinceJob);
    return [[step, figure(middle), figure(low), figure(high), after < 0 ? '' : figure(after)]];
  });
  return { title, columns: ['step', 'done at', 'lowest', 'highest', 'after the job started'], rows };
}
