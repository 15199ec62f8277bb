import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { StopEvent } from './launch-event.ts';
import { stop, type StopRequest } from './stop.ts';
import {
  type ControlScript,
  deploymentOf,
  instanceOf,
  machineWith,
  ScriptedControl,
} from './testing/scripted-control.ts';

describe('stop', () => {
  let scope: Scope;
  let home: string;

  beforeEach(async () => {
    scope = new Scope();
    home = await mkdtemp(join(tmpdir(), 'fl-stop-'));
    scope.defer(() => rm(home, { recursive: true, force: true }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  /** On a local cluster that does not know the deployment's job: it is gone. */
  function stopping(script: ControlScript, request: Partial<StopRequest> = {}, clusters = ['here']) {
    const clock = new ManualClock();
    const control = new ScriptedControl(script);
    const over = new AbortController();
    const deps = {
      machine: machineWith(clock, home),
      config: { clusters: Object.fromEntries(clusters.map((name) => [name, { kind: 'local' as const }])) },
      openSession: async () => control.session,
    };
    const told: StopEvent[] = [];
    let isOver = false;
    const read = async () => {
      try {
        for await (const event of stop(deps, { name: 'mine', mode: 'drain', wait: true, ...request }, over.signal))
          told.push(event);
      } finally {
        isOver = true;
      }
    };
    const ended = read();
    // Awaited by each test, after the time that it needs has passed.
    ended.catch(() => undefined);
    const untilOver = async () => {
      while (!isOver) await clock.advance(1_000);
      return ended;
    };
    return { control, told, over, untilOver };
  }

  it('ends with the order where an agent took it and the end is not awaited: no host is asked', async () => {
    const { control, told, untilOver } = stopping({ delivered: true }, { wait: false, mode: 'now' }, []);
    await untilOver();
    expect(told).toEqual([
      { type: 'deployment.stopping', name: 'mine', mode: 'now', delivered: true },
      { type: 'deployment.stopped', deployment: deploymentOf(instanceOf({ status: 'submitted' })) },
    ]);
    expect(control.isClosed).toBe(true);
  });

  it('tells control of the end of a job that is gone and has no agent, and ends when control has noted it', async () => {
    const { control, told, untilOver } = stopping({ delivered: false }, { wait: false });
    await untilOver();
    const state = { status: 'stopped', cause: { code: 'requested', message: 'it was stopped' } };
    expect(control.observed).toEqual([{ state }]);
    expect(told.map(({ type }) => type)).toEqual(['deployment.stopping', 'warning', 'deployment.stopped']);
    expect(told[1]).toMatchObject({ message: expect.stringContaining("could not remove the job's key") });
    expect(told.at(-1)).toMatchObject({ deployment: { instances: [{ state }] } });
    expect(control.isClosed).toBe(true);
  });

  it('throws stop_failed where the end is awaited and control does not note it within 30 s', async () => {
    const { told, untilOver } = stopping({ delivered: false, believes: false });
    await expect(untilOver()).rejects.toMatchObject({
      code: 'stop_failed',
      message: 'cannot be sure that mine has ended: it is submitted',
    });
    expect(told.map(({ type }) => type)).not.toContain('deployment.stopped');
  });

  it('says how many requests are under way while an agent drains', async () => {
    const draining = instanceOf({ status: 'ready' }, { leaseUntilMs: 1, load: { inFlight: 2 } } as object);
    const { told, untilOver } = stopping({ delivered: true, deployment: deploymentOf(draining) });
    await untilOver();
    expect(told).toContainEqual({ type: 'requests.waiting', inFlight: 2 });
  });

  it('ends with the reason of an abort, and closes the session', async () => {
    const { control, told, over, untilOver } = stopping({ delivered: false, believes: false });
    await expect.poll(() => control.observed).toHaveLength(1);
    over.abort(new Error('interrupted'));
    await expect(untilOver()).rejects.toThrow('interrupted');
    expect(told.map(({ type }) => type)).not.toContain('deployment.stopped');
    expect(control.isClosed).toBe(true);
  });
});
