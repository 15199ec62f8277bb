import { renderTransitions } from '@fairlead/kit';
import { describe, expect, test } from 'vitest';
import { jobMachine } from './job-life-table.ts';
import { type JobEvent, type JobLife, transition } from './job-life.ts';

test('every state answers every event', () => {
  expect(renderTransitions(jobMachine)).toMatchInlineSnapshot(`
    "| state | event | next | effects |
    |---|---|---|---|
    | running | warning.due, job.drain | running | signal-script |
    | running | deadline.reached | ending (timeout) | announce, record COMPLETING, terminate-all, start-kill-wait |
    | running | job.stop | ending (cancelled) | announce, record COMPLETING, terminate-all, start-kill-wait |
    | running | job.kill | ending (cancelled) | announce, record COMPLETING, kill-all |
    | running | script.exited | clearing | record COMPLETING, clear-processes |
    | ending (timeout) | job.kill, kill-wait.over | ending (timeout) | kill-all |
    | ending (timeout) | script.exited | clearing | record COMPLETING, clear-processes |
    | ending (cancelled) | job.kill, kill-wait.over | ending (cancelled) | kill-all |
    | ending (cancelled) | script.exited | clearing | record COMPLETING, clear-processes |
    | clearing | processes.cleared | ended | record COMPLETED |
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
