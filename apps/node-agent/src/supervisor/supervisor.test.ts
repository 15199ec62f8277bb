import { type Clock, silentLog, systemClock } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';
import { samplePolicy } from './transition-table.ts';
import type { SupervisorState } from './supervisor-state.ts';
import { createSupervisor, type SupervisorDeps } from './supervisor.ts';

const ports = ['onChange', 'onNote', 'prober.start', 'prober.stop', 'front.admit', 'front.drain', 'front.cut'] as const;

/** Everything that a supervisor touches; the ports in `broken` throw at each call. */
function depsWith(broken: ReadonlySet<string>, calls: string[], onExit: SupervisorDeps['onExit']): SupervisorDeps {
  const port = (name: string) => () => {
    calls.push(name);
    if (broken.has(name)) throw new Error(`${name} failed`);
  };
  const exited = new Promise<EngineExit>(() => undefined);
  const engine: EngineProcess = {
    pid: 7,
    exited,
    pids: async () => [],
    stuck: new Promise(() => undefined),
    end: async () => undefined,
  };
  return {
    policy: () => samplePolicy,
    restart: { restartBaseSeconds: 0, restartMaxSeconds: 0 },
    spawnEngine: async () => engine,
    saveHangReport: async () => '',
    explainExit: () => ({ message: 'died', fatal: false, lastLines: [] }),
    explainSilence: () => ({ lastLines: [], hint: '' }),
    prober: { start: port('prober.start'), stop: port('prober.stop') },
    front: { admit: port('front.admit'), drain: port('front.drain'), cut: port('front.cut') },
    clock: systemClock,
    random: () => 0,
    log: silentLog,
    onChange: port('onChange'),
    onNote: port('onNote'),
    onExit,
  };
}

it.each([...ports.map((port) => [port]), [...ports]])(
  'a supervisor starts and ends its engine also where %s throws',
  async (...broken) => {
    const calls: string[] = [];
    const exit = Promise.withResolvers<string>();
    const supervisor = createSupervisor(depsWith(new Set(broken), calls, exit.resolve));
    supervisor.dispatch({ type: 'start.due' });
    supervisor.dispatch({ type: 'probe.succeeded' });
    expect(supervisor.state.status).toBe('ready');
    supervisor.dispatch({ type: 'stop.ordered' });
    await expect(exit.promise).resolves.toBe('ended');
    expect(new Set(calls)).toEqual(new Set(ports));
    expect(supervisor.state.status).toBe('stopped');
  },
);

it('a supervisor drains when the wall clock is at the alarm, wherever that jumps, and not at a deadline that was lifted', async () => {
  let nowMs = 1_000_000;
  let looks = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => nowMs,
    async sleep(_ms, signal) {
      looks += 1;
      await systemClock.sleep(1, signal);
    },
  };
  const statuses: string[] = [];
  const onChange = ({ status }: SupervisorState) => statuses.push(status);
  const supervisor = createSupervisor({ ...depsWith(new Set(), [], () => undefined), clock, onChange });
  supervisor.dispatch({ type: 'start.due' });
  supervisor.dispatch({ type: 'probe.succeeded' });
  supervisor.dispatch({ type: 'deadline.learned', deadlineMs: nowMs + 3_600_000 });
  await expect.poll(() => looks).toBeGreaterThan(2);
  supervisor.dispatch({ type: 'deadline.learned', deadlineMs: undefined });
  nowMs += 7_200_000;
  supervisor.dispatch({ type: 'deadline.learned', deadlineMs: nowMs + 3_600_000 });
  const before = looks;
  await expect.poll(() => looks).toBeGreaterThan(before + 2);
  expect(supervisor.state.status).toBe('ready');
  nowMs += 3_480_000;
  await expect.poll(() => statuses).toContain('draining');
});

it.each([
  ['forward', 86_400_000],
  ['backward', -86_400_000],
])('a supervisor waits as long for an engine that loads where the wall clock jumps %s', async (_, jumpMs) => {
  let nowMs = 1_000_000_000;
  const limits: Array<() => void> = [];
  const clock: Clock = {
    ...systemClock,
    now: () => nowMs,
    sleep: async (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (ms === samplePolicy.readyLimitMs) limits.push(resolve);
      await promise;
    },
  };
  const ended = Promise.withResolvers<string>();
  const supervisor = createSupervisor({ ...depsWith(new Set(), [], ended.resolve), clock });
  supervisor.dispatch({ type: 'start.due' });
  supervisor.dispatch({ type: 'engine.phase', phase: 'loading', percent: 10 });
  nowMs += jumpMs;
  supervisor.dispatch({ type: 'engine.phase', phase: 'loading', percent: 20 });
  expect(supervisor.state).toMatchObject({ status: 'starting', phase: 'loading', percent: 20 });
  expect(limits).toHaveLength(1);
  limits[0]!();
  await ended.promise;
  expect(supervisor.state).toMatchObject({ status: 'failed', cause: { code: 'engine_never_ready' } });
});
