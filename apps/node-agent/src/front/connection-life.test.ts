import { describe, expect, test } from 'vitest';
import { type ConnectionEvent, type ConnectionState, type ConnectionStep, stepConnection } from './connection-life.ts';
import { refuse } from './refusal.ts';

const refusal = refuse('bad_request', 'No.');
const finishing = { phase: 'finishing', outcome: 'completed', delivered: false, clientEnded: false } as const;

const STATES: Record<string, ConnectionState> = {
  reading: { phase: 'reading' },
  'relaying, uploading': { phase: 'relaying', answered: false, uploading: true },
  relaying: { phase: 'relaying', answered: false, uploading: false },
  'relaying, uploading, answered': { phase: 'relaying', answered: true, uploading: true },
  'relaying, answered': { phase: 'relaying', answered: true, uploading: false },
  finishing,
  'finishing, delivered': { ...finishing, delivered: true },
  'finishing, client ended': { ...finishing, clientEnded: true },
  closed: { phase: 'closed', outcome: 'completed' },
};

const EVENTS: ConnectionEvent[] = [
  { type: 'head.admitted', uploading: true },
  { type: 'request.refused', refusal },
  { type: 'head.late', started: true },
  { type: 'head.late', started: false },
  { type: 'body.ended' },
  { type: 'body.stalled' },
  { type: 'engine.answered' },
  { type: 'engine.ended' },
  { type: 'engine.failed' },
  { type: 'client.ended' },
  { type: 'client.failed' },
  { type: 'client.delivered' },
  { type: 'linger.passed' },
  { type: 'front.cut' },
];

function show({ state, effects }: ConnectionStep): string {
  const { phase, ...rest } = state;
  const marks = Object.entries(rest).flatMap(([key, value]) =>
    value === true ? [key] : value === false ? [] : [value],
  );
  const done = effects.map((effect) => (effect.do === 'answer' ? `answer ${effect.refusal.code}` : effect.do));
  return `${[phase, ...marks].join(', ')}${done.length > 0 ? ` / ${done.join(', ')}` : ''}`;
}

/** Every state × event that changes or does something. */
function table(): string[] {
  return Object.entries(STATES).flatMap(([name, state]) =>
    EVENTS.flatMap((event) => {
      const step = stepConnection(state, event);
      if (step.state === state && step.effects.length === 0) return [];
      const detail = event.type === 'head.late' ? ` (${event.started ? 'started' : 'silent'})` : '';
      return [`${name} + ${event.type}${detail} → ${show(step)}`];
    }),
  );
}

describe('stepConnection', () => {
  test('does this in every state, for every event, and nothing else', () => {
    expect(table()).toMatchInlineSnapshot(`
      [
        "reading + head.admitted → relaying, uploading",
        "reading + request.refused → finishing, refused / dropEngine, answer bad_request, endClient",
        "reading + head.late (started) → finishing, refused / dropEngine, answer bad_request, endClient",
        "reading + head.late (silent) → closed, client_left / dropEngine, dropClient",
        "reading + client.ended → closed, client_left / dropEngine, dropClient",
        "reading + client.failed → closed, client_left / dropEngine, dropClient",
        "reading + front.cut → closed, cut / dropEngine, dropClient",
        "relaying, uploading + request.refused → finishing, refused / dropEngine, answer bad_request, endClient",
        "relaying, uploading + body.ended → relaying",
        "relaying, uploading + body.stalled → finishing, client_left / dropEngine, answer bad_request, endClient",
        "relaying, uploading + engine.answered → relaying, answered, uploading",
        "relaying, uploading + engine.ended → finishing, engine_failed / dropEngine, answer engine_unavailable, endClient",
        "relaying, uploading + engine.failed → finishing, engine_failed / dropEngine, answer engine_unavailable, endClient",
        "relaying, uploading + client.ended → closed, client_left / dropEngine, dropClient",
        "relaying, uploading + client.failed → closed, client_left / dropEngine, dropClient",
        "relaying, uploading + front.cut → closed, cut / dropEngine, dropClient",
        "relaying + request.refused → finishing, refused / dropEngine, answer bad_request, endClient",
        "relaying + body.ended → relaying",
        "relaying + engine.answered → relaying, answered",
        "relaying + engine.ended → finishing, engine_failed / dropEngine, answer engine_unavailable, endClient",
        "relaying + engine.failed → finishing, engine_failed / dropEngine, answer engine_unavailable, endClient",
        "relaying + client.ended → closed, client_left / dropEngine, dropClient",
        "relaying + client.failed → closed, client_left / dropEngine, dropClient",
        "relaying + front.cut → closed, cut / dropEngine, dropClient",
        "relaying, uploading, answered + request.refused → closed, refused / dropEngine, dropClient",
        "relaying, uploading, answered + body.ended → relaying, answered",
        "relaying, uploading, answered + body.stalled → closed, client_left / dropEngine, dropClient",
        "relaying, uploading, answered + engine.answered → relaying, answered, uploading",
        "relaying, uploading, answered + engine.ended → finishing, completed / dropEngine, endClient",
        "relaying, uploading, answered + engine.failed → finishing, engine_failed / dropEngine, endClient",
        "relaying, uploading, answered + client.ended → closed, client_left / dropEngine, dropClient",
        "relaying, uploading, answered + client.failed → closed, client_left / dropEngine, dropClient",
        "relaying, uploading, answered + front.cut → closed, cut / dropEngine, dropClient",
        "relaying, answered + request.refused → closed, refused / dropEngine, dropClient",
        "relaying, answered + body.ended → relaying, answered",
        "relaying, answered + engine.answered → relaying, answered",
        "relaying, answered + engine.ended → finishing, completed / dropEngine, endClient",
        "relaying, answered + engine.failed → closed, engine_failed / dropEngine, dropClient",
        "relaying, answered + client.ended → closed, client_left / dropEngine, dropClient",
        "relaying, answered + client.failed → closed, client_left / dropEngine, dropClient",
        "relaying, answered + front.cut → closed, cut / dropEngine, dropClient",
        "finishing + client.ended → finishing, completed, clientEnded",
        "finishing + client.failed → closed, completed / dropEngine, dropClient",
        "finishing + client.delivered → finishing, completed, delivered",
        "finishing + linger.passed → closed, completed / dropEngine, dropClient",
        "finishing + front.cut → closed, completed / dropEngine, dropClient",
        "finishing, delivered + client.ended → closed, completed / dropEngine, dropClient",
        "finishing, delivered + client.failed → closed, completed / dropEngine, dropClient",
        "finishing, delivered + client.delivered → finishing, completed, delivered",
        "finishing, delivered + linger.passed → closed, completed / dropEngine, dropClient",
        "finishing, delivered + front.cut → closed, completed / dropEngine, dropClient",
        "finishing, client ended + client.ended → finishing, completed, clientEnded",
        "finishing, client ended + client.failed → closed, completed / dropEngine, dropClient",
        "finishing, client ended + client.delivered → closed, completed / dropEngine, dropClient",
        "finishing, client ended + linger.passed → closed, completed / dropEngine, dropClient",
        "finishing, client ended + front.cut → closed, completed / dropEngine, dropClient",
      ]
    `);
  });

  test('never leaves a client or an engine behind: whatever closes drops both', () => {
    for (const state of Object.values(STATES)) {
      for (const event of EVENTS) {
        const step = stepConnection(state, event);
        if (state.phase === 'closed' || step.state.phase !== 'closed') continue;
        expect(step.effects.map((effect) => effect.do)).toEqual(['dropEngine', 'dropClient']);
      }
    }
  });

  test('never ends cleanly what an engine left unfinished', () => {
    const step = stepConnection(STATES['relaying, answered']!, { type: 'engine.failed' });
    expect(step.effects.some((effect) => effect.do === 'endClient')).toBe(false);
  });

  test('keeps the first outcome', () => {
    for (const event of EVENTS) {
      const { state } = stepConnection({ ...finishing, outcome: 'engine_failed' }, event);
      expect(state).toMatchObject({ outcome: 'engine_failed' });
    }
  });
});
