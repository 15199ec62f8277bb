import { describe, expect, test } from 'vitest';
import { type JobEnd, type JobEvent, type JobLife, transition } from './job-life.ts';

const end: JobEnd = { state: 'COMPLETED', reason: 'None', exitCode: { code: 0, signal: 0 } };
const states: Record<string, JobLife> = {
  running: { kind: 'running' },
  'ending (timeout)': { kind: 'ending', cause: 'timeout' },
  'ending (cancelled)': { kind: 'ending', cause: 'cancelled' },
  clearing: { kind: 'clearing', end },
  ended: { kind: 'ended', end },
};
const events: JobEvent[] = [
  { type: 'warning.due', signal: 'SIGUSR2' },
  { type: 'deadline.reached' },
  { type: 'job.drain' },
  { type: 'job.stop' },
  { type: 'job.kill' },
  { type: 'kill-wait.over' },
  { type: 'script.exited', code: 3, signal: 0 },
  { type: 'processes.cleared' },
];

test('every state answers every event', () => {
  const table = Object.entries(states).flatMap(([name, state]) =>
    events.map((event) => {
      const step = transition(state, event);
      const cause = step.state.kind === 'ending' ? ` (${step.state.cause})` : '';
      const next = step.state === state ? '-' : `${step.state.kind}${cause}`;
      const effects = step.effects.map((effect) =>
        'state' in effect ? `${effect.type} ${effect.state}` : effect.type,
      );
      return `${name.padEnd(18)} | ${event.type.padEnd(17)} | ${next.padEnd(18)} | ${effects.join(', ')}`.trim();
    }),
  );
  expect(`\n${table.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    running            | warning.due       | -                  | signal-script
    running            | deadline.reached  | ending (timeout)   | announce, record COMPLETING, terminate-all, start-kill-wait
    running            | job.drain         | -                  | signal-script
    running            | job.stop          | ending (cancelled) | announce, record COMPLETING, terminate-all, start-kill-wait
    running            | job.kill          | ending (cancelled) | announce, record COMPLETING, kill-all
    running            | kill-wait.over    | -                  |
    running            | script.exited     | clearing           | record COMPLETING, clear-processes
    running            | processes.cleared | -                  |
    ending (timeout)   | warning.due       | -                  |
    ending (timeout)   | deadline.reached  | -                  |
    ending (timeout)   | job.drain         | -                  |
    ending (timeout)   | job.stop          | -                  |
    ending (timeout)   | job.kill          | -                  | kill-all
    ending (timeout)   | kill-wait.over    | -                  | kill-all
    ending (timeout)   | script.exited     | clearing           | record COMPLETING, clear-processes
    ending (timeout)   | processes.cleared | -                  |
    ending (cancelled) | warning.due       | -                  |
    ending (cancelled) | deadline.reached  | -                  |
    ending (cancelled) | job.drain         | -                  |
    ending (cancelled) | job.stop          | -                  |
    ending (cancelled) | job.kill          | -                  | kill-all
    ending (cancelled) | kill-wait.over    | -                  | kill-all
    ending (cancelled) | script.exited     | clearing           | record COMPLETING, clear-processes
    ending (cancelled) | processes.cleared | -                  |
    clearing           | warning.due       | -                  |
    clearing           | deadline.reached  | -                  |
    clearing           | job.drain         | -                  |
    clearing           | job.stop          | -                  |
    clearing           | job.kill          | -                  |
    clearing           | kill-wait.over    | -                  |
    clearing           | script.exited     | -                  |
    clearing           | processes.cleared | ended              | record COMPLETED
    ended              | warning.due       | -                  |
    ended              | deadline.reached  | -                  |
    ended              | job.drain         | -                  |
    ended              | job.stop          | -                  |
    ended              | job.kill          | -                  |
    ended              | kill-wait.over    | -                  |
    ended              | script.exited     | -                  |
    ended              | processes.cleared | -                  |
    "
  `);
});

describe('the end of a job', () => {
  const endOf = (...given: JobEvent[]) => {
    let life: JobLife = { kind: 'running' };
    for (const event of given) life = transition(life, event).state;
    return life.kind === 'ended' ? `${life.end.state} ${life.end.reason}` : life.kind;
  };
  const exits = (code: number, signal = 0): JobEvent => ({ type: 'script.exited', code, signal });
  const cleared: JobEvent = { type: 'processes.cleared' };

  test.each<[string, JobEvent[]]>([
    ['COMPLETED None', [exits(0), cleared]],
    ['FAILED NonZeroExitCode', [exits(3), cleared]],
    ['FAILED RaisedSignal', [exits(0, 11), cleared]],
    ['COMPLETED None', [{ type: 'job.drain' }, exits(0), cleared]],
    ['CANCELLED None', [{ type: 'job.stop' }, exits(0), cleared]],
    ['CANCELLED None', [{ type: 'job.kill' }, exits(0, 9), cleared]],
    ['TIMEOUT TimeLimit', [{ type: 'deadline.reached' }, exits(0), cleared]],
    ['TIMEOUT TimeLimit', [{ type: 'deadline.reached' }, { type: 'job.stop' }, exits(0, 15), cleared]],
    ['CANCELLED None', [{ type: 'job.stop' }, { type: 'deadline.reached' }, exits(0, 15), cleared]],
    ['COMPLETED None', [exits(0), { type: 'job.stop' }, cleared]],
  ])('is %s: the first cause counts (%#)', (expected, given) => expect(endOf(...given)).toBe(expected));
});
