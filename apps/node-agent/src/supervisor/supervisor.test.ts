import { silentLog, systemClock } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';
import { SAMPLE_POLICY } from './transition-table.ts';
import { createSupervisor, type SupervisorDeps } from './supervisor.ts';

const PORTS = ['onChange', 'onNote', 'prober.start', 'prober.stop', 'front.admit', 'front.drain', 'front.cut'] as const;

/** Everything that a supervisor touches; the ports in `broken` throw at each call. */
function depsWith(broken: ReadonlySet<string>, calls: string[], onExit: SupervisorDeps['onExit']): SupervisorDeps {
  const port = (name: string) => () => {
    calls.push(name);
    if (broken.has(name)) throw new Error(`${name} failed`);
  };
  const exited = new Promise<EngineExit>(() => undefined);
  const engine: EngineProcess = { pid: 7, exited, stuck: new Promise(() => undefined), end: async () => undefined };
  return {
    policy: () => SAMPLE_POLICY,
    restart: { restartBaseSeconds: 0, restartMaxSeconds: 0 },
    spawnEngine: async () => engine,
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

it.each([...PORTS.map((port) => [port]), [...PORTS]])(
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
    expect(new Set(calls)).toEqual(new Set(PORTS));
    expect(supervisor.state.status).toBe('stopped');
  },
);
