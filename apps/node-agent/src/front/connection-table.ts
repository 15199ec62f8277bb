// Every state of a connection against every event, as data and as markdown: for the test, and for docs/state-machines.md.

import { type ConnectionEvent, type ConnectionState, type ConnectionStep, stepConnection } from './connection-life.ts';
import { refuse } from './refusal.ts';

export interface ConnectionRow {
  event: string;
  from: ConnectionState;
  step: ConnectionStep;
}

const finishing = { phase: 'finishing', outcome: 'completed', delivered: false, clientEnded: false } as const;

const STATES: readonly ConnectionState[] = [
  { phase: 'reading' },
  { phase: 'relaying', answered: false, uploading: true },
  { phase: 'relaying', answered: false, uploading: false },
  { phase: 'relaying', answered: true, uploading: true },
  { phase: 'relaying', answered: true, uploading: false },
  finishing,
  { ...finishing, delivered: true },
  { ...finishing, clientEnded: true },
  { phase: 'closed', outcome: 'completed' },
];

const EVENTS: ReadonlyArray<{ name: string; event: ConnectionEvent }> = [
  { name: 'head.admitted', event: { type: 'head.admitted', uploading: true } },
  { name: 'head.admitted (no body)', event: { type: 'head.admitted', uploading: false } },
  { name: 'request.refused', event: { type: 'request.refused', refusal: refuse('payload_too_large', 'Too large.') } },
  { name: 'head.late', event: { type: 'head.late', started: true } },
  { name: 'head.late (nothing came)', event: { type: 'head.late', started: false } },
  { name: 'body.ended', event: { type: 'body.ended' } },
  { name: 'body.stalled', event: { type: 'body.stalled' } },
  { name: 'upload.stalled', event: { type: 'upload.stalled' } },
  { name: 'engine.answered', event: { type: 'engine.answered' } },
  { name: 'engine.ended', event: { type: 'engine.ended' } },
  { name: 'engine.failed', event: { type: 'engine.failed' } },
  { name: 'client.ended', event: { type: 'client.ended' } },
  { name: 'client.failed', event: { type: 'client.failed' } },
  { name: 'client.delivered', event: { type: 'client.delivered' } },
  { name: 'linger.passed', event: { type: 'linger.passed' } },
  { name: 'front.cut', event: { type: 'front.cut' } },
];

export function connectionTable(): ConnectionRow[] {
  return STATES.flatMap((from) =>
    EVENTS.map(({ name, event }) => ({ event: name, from, step: stepConnection(from, event) })),
  );
}

/** Markdown; rows that change nothing are left out, and events with the same consequence share a row. */
export function renderConnectionTable(): string {
  const rows = new Map<string, { state: string; events: string[]; consequence: string }>();
  for (const { event, from, step } of connectionTable()) {
    const [state, next] = [nameOf(from), nameOf(step.state)];
    if (state === next && step.effects.length === 0) continue;
    const consequence = `${next} | ${step.effects.map(effectName).join(', ')}`;
    const row = rows.get(`${state} | ${consequence}`);
    if (row) row.events.push(event);
    else rows.set(`${state} | ${consequence}`, { state, events: [event], consequence });
  }
  const lines = [...rows.values()].map(({ state, events, consequence }) =>
    `| ${state} | ${events.join(', ')} | ${consequence} |`.replaceAll(/ {2,}/g, ' '),
  );
  return ['| state | event | next | effects |', '|---|---|---|---|', ...lines, ''].join('\n');
}

function nameOf(state: ConnectionState): string {
  switch (state.phase) {
    case 'reading':
      return 'reading';
    case 'relaying':
      return withMarks('relaying', [state.uploading && 'uploading', state.answered && 'answered']);
    case 'finishing':
      return withMarks('finishing', [
        state.outcome,
        state.delivered && 'delivered',
        state.clientEnded && 'client ended',
      ]);
    case 'closed':
      return withMarks('closed', [state.outcome]);
  }
}

function withMarks(phase: string, marks: ReadonlyArray<string | false>): string {
  const set = marks.filter((mark) => mark !== false);
  return set.length === 0 ? phase : `${phase} (${set.join(', ')})`;
}

function effectName(effect: ConnectionStep['effects'][number]): string {
  return effect.do === 'answer' ? `answer ${effect.refusal.code}` : effect.do;
}
