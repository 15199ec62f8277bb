import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError, Scope } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { InstanceState, InstanceView, WatchMessage } from '@fairlead/protocol';
import type { JobObservation } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { follow, followInstance } from './follow.ts';
import type { FollowEvent } from './launch-event.ts';
import type { Site } from './site/open-site.ts';
import { deploymentOf, instanceOf, machineWith, ScriptedControl } from './testing/scripted-control.ts';

const endpoint = { generation: 1, address: { kind: 'bastion-socket', socket: '/run/i1-1.sock' } };
const cause = { code: 'requested', message: 'it was stopped' } as const;
const starting: InstanceState = { status: 'starting', phase: 'loading' };
const ready: InstanceState = { status: 'ready' };

const changed = (...instances: InstanceView[]): WatchMessage =>
  ({ type: 'deployment.changed', deployment: deploymentOf(...instances) }) as WatchMessage;

const reachable = changed(instanceOf(ready, { endpoints: [endpoint] } as Partial<InstanceView>));

const job = (more: Partial<JobObservation>): JobObservation => ({
  jobId: '7',
  state: 'PENDING',
  phase: { kind: 'pending' },
  ...more,
});
const running = job({ phase: { kind: 'running' }, state: 'RUNNING' });
const gone = job({ phase: { kind: 'gone' }, state: '' });
const timedOut = job({ phase: { kind: 'ended', outcome: 'timeout' }, state: 'TIMEOUT', reason: 'TimeLimit' });
const failed = job({
  phase: { kind: 'ended', outcome: 'failed' },
  state: 'FAILED',
  exitCode: { code: 12, signal: 0 },
});

/** Follows instance i1, job 7. The scheduler gives the answers in their order and repeats the last. */
function following(
  answers: ReadonlyArray<JobObservation | Error>,
  { log = '', failures = [] }: { log?: string; failures?: Error[] } = {},
) {
  const clock = new ManualClock();
  const control = new ScriptedControl({ failures });
  const told: FollowEvent[] = [];
  const asked: number[] = [];
  const over = new AbortController();
  const observe = async () => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(clock.monotonicMs());
    if (answer instanceof Error) throw answer;
    return new Map([['7', answer]]);
  };
  const site = {
    cluster: { name: 'here', config: {} },
    host: { runner: { run: async () => ({ code: 0, stdout: log, stderr: '' }) } },
    scheduler: { observe },
    paths: { state: '/state', runtime: '/runtime', keys: '/keys' },
  } as unknown as Site;
  const run = { ...machineWith(clock), signal: over.signal, tell: (event: FollowEvent) => void told.push(event) };
  const instance = { id: 'i1', jobId: '7' };
  const ended = followInstance({ name: 'mine', servedModel: 'm', instance, session: control.session, site, run });
  // Awaited below, when the test has made it end.
  ended.catch(() => undefined);
  const types = () => told.map((event) => event.type);
  const states = () => told.flatMap((event) => (event.type === 'instance.changed' ? [event.instance.state] : []));
  const warnings = () => told.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { clock, control, told, types, states, warnings, asked, over, ended };
}

describe('following an instance', () => {
  it('tells each state once, and ends when the instance is ready and has an endpoint', async () => {
    const { clock, control, told, states, ended } = following([running]);
    for (const load of [0, 3])
      control.send(changed(instanceOf(starting, { load } as unknown as Partial<InstanceView>)));
    control.send(changed(instanceOf({ status: 'failed', cause }, { id: 'another' }), instanceOf(ready)));
    await clock.advance(100);
    expect(states()).toEqual([starting, ready]);
    control.send(reachable);
    await ended;
    expect(told.at(-1)).toMatchObject({ type: 'deployment.ready', name: 'mine', servedModel: 'm' });
    expect(states()).toEqual([starting, ready]);
  });

  it('tells control what the queue says of a job that waits', async () => {
    const { clock, control, states, ended } = following([job({}), running]);
    await clock.advance(1_000);
    expect(control.observed).toEqual([{ jobId: '7', state: { status: 'queued' } }]);
    expect(states()).toEqual([{ status: 'queued' }]);
    await clock.advance(60_000);
    expect(control.observed).toHaveLength(1);
    control.send(reachable);
    await ended;
  });

  it('looks at the queue after 1 s and 5 s, and then every 15 s', async () => {
    const { clock, control, asked, ended } = following([running]);
    await clock.advance(40_000);
    expect(asked).toEqual([1_000, 5_000, 20_000, 35_000]);
    control.send(reachable);
    await ended;
  });

  it.each([
    ['ran out of time', timedOut, 'cannot serve mine because job 7 ended: TIMEOUT (TimeLimit)'],
    ['failed', failed, 'cannot serve mine because job 7 ended: FAILED, exit code 12\n  node: not found'],
  ])('ends with the cause of a job that %s before its agent spoke', async (_what, observation, message) => {
    const { clock, types, ended } = following([observation], { log: 'node: not found\n' });
    await clock.advance(1_000);
    await expect(ended).rejects.toMatchObject({ code: 'deploy_failed', message: expect.stringContaining(message) });
    expect(types()).not.toContain('deployment.left');
  });

  it("ends with the agent's own cause where control knows it", async () => {
    const { control, ended } = following([running]);
    const why = { code: 'engine_crash_loop', message: 'the engine died', hint: 'Look.', lastLines: ['boom'] } as const;
    control.send(changed(instanceOf({ status: 'failed', cause: { ...why, lastLines: [...why.lastLines] } })));
    await expect(ended).rejects.toMatchObject({
      code: 'deploy_failed',
      message: 'cannot serve mine because the engine died\n  boom',
      hint: expect.stringContaining('Look. See `fairlead logs mine'),
    });
  });

  it('gives up a job that the scheduler does not know at a second look 3 s later, and not before', async () => {
    const known = following([gone, running]);
    await known.clock.advance(4_000);
    expect(known.asked).toEqual([1_000, 4_000]);
    expect(known.control.observed).toEqual([]);
    known.control.send(reachable);
    await known.ended;

    const lost = following([gone]);
    await lost.clock.advance(4_000);
    await expect(lost.ended).rejects.toMatchObject({
      code: 'deploy_failed',
      message: expect.stringContaining('job 7 is not known to the scheduler any more'),
    });
  });

  it('goes on where an answer of the queue is lost, warns once, and asks less often until one comes', async () => {
    const lost = new CodedError('answer_lost', 'squeue did not answer');
    const { clock, control, asked, types, warnings, ended } = following([lost, lost, running]);
    await clock.advance(120_000);
    expect(asked).toEqual([1_000, 31_000, 91_000, 106_000]);
    expect(warnings()).toEqual(['lost sight of the queue of here (squeue did not answer); trying again']);
    expect(types().filter((type) => type === 'queue.back')).toHaveLength(1);
    control.send(reachable);
    await ended;
  });

  it('asks the queue again soon where the way to it broke', async () => {
    const broken = new CodedError('connection_lost', 'the connection is gone');
    const { clock, control, asked, ended } = following([broken, broken, running]);
    await clock.advance(4_000);
    expect(asked).toEqual([1_000, 2_000, 4_000]);
    control.send(reachable);
    await ended;
  });

  it('asks a login host that refuses no more, and goes on by what control says', async () => {
    const { clock, control, asked, warnings, ended } = following([new CodedError('auth_failed', 'no key fits')]);
    await clock.advance(600_000);
    expect(asked).toHaveLength(1);
    expect(warnings()).toEqual(['lost sight of the queue of here (no key fits); going on without it']);
    control.send(reachable);
    await ended;
  });

  it('connects to control again where the connection is lost, with growing pauses and one warning', async () => {
    const { clock, control, warnings, ended } = following([running], {
      failures: [1, 2, 3].map(() => new Error('cut')),
    });
    control.send(reachable);
    await clock.advance(3_400);
    expect(control.connections).toBe(3);
    await clock.advance(100);
    expect(control.connections).toBe(4);
    await ended;
    expect(warnings()).toEqual(['lost sight of control (cut); trying again']);
  });

  it('ends with the reason of an abort, says that the job goes on, and asks nothing more', async () => {
    const { clock, told, asked, over, ended } = following([running]);
    await clock.advance(1_000);
    over.abort(new Error('interrupted'));
    await expect(ended).rejects.toThrow('interrupted');
    expect(told.at(-1)).toEqual({ type: 'deployment.left', name: 'mine', jobId: '7' });
    await clock.advance(60_000);
    expect(asked).toEqual([1_000]);
  });
});

describe('follow', () => {
  let scope: Scope;
  let home: string;

  beforeEach(async () => {
    scope = new Scope();
    home = await mkdtemp(join(tmpdir(), 'fl-follow-'));
    scope.defer(() => rm(home, { recursive: true, force: true }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  function followed() {
    const control = new ScriptedControl();
    const deps = {
      machine: machineWith(new ManualClock(), home),
      config: { clusters: { here: { kind: 'local' as const } } },
      openSession: async () => control.session,
    };
    return { control, events: follow(deps, { name: 'mine' }, new AbortController().signal) };
  }

  it('ends with deployment.ready, and closes the session that it opened', async () => {
    const { control, events } = followed();
    control.send(reachable);
    const told = await Array.fromAsync(events);
    expect(told.map(({ type }) => type)).toEqual(['instance.changed', 'deployment.ready']);
    expect(control.isClosed).toBe(true);
  });

  it('ends and closes the session where its loop is left', async () => {
    const { control, events } = followed();
    control.send(changed(instanceOf(starting)));
    for await (const event of events) {
      expect(event).toMatchObject({ type: 'instance.changed', instance: { state: starting } });
      break;
    }
    expect(control.isClosed).toBe(true);
  });
});
