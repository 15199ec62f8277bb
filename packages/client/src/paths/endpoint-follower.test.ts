// Which events a follower emits as control reports a deployment, is lost and comes back.

import { type Clock, CodedError, Listeners, silentLog, untilAborted } from '@fairlead/kit';
import type { DeploymentView, EndpointView, InstanceState, WatchMessage } from '@fairlead/protocol';
import { describe, expect, test } from 'vitest';

import { ControlAnswerError } from '../client-error.ts';
import type { ControlApi } from '../control/control-api.ts';
import { followEndpoint, type FollowEvent } from './endpoint-follower.ts';

const lost: InstanceState = { status: 'failed', cause: { code: 'agent_lost', message: 'not heard of' } };

interface InstanceOptions {
  id?: string;
  generation?: number;
  role?: 'current' | 'successor';
}

function instance(state: InstanceState, { id = 'aaaaaaaa', generation, role = 'current' }: InstanceOptions = {}) {
  const address = { kind: 'bastion-socket', socket: `/run/${id}-${generation}.sock` } as const;
  return { id, role, replica: 0, state, endpoints: generation === undefined ? [] : [{ generation, address }] };
}

function deployment(state: InstanceState, options: InstanceOptions & { wanted?: 'running' | 'stopped' } = {}) {
  return both([instance(state, options)], options.wanted);
}

function both(instances: Array<ReturnType<typeof instance>>, wanted: 'running' | 'stopped' = 'running') {
  return { name: 'a', wanted, instances } as unknown as DeploymentView;
}

const ready = (generation: number) => deployment({ status: 'ready' }, { generation });

/** Control as a script: each entry is one connection's messages, after which it is lost; the last one stays open. */
function follow(
  connections: DeploymentView[][],
  more: { loss?: Error; opens?: Listeners<void>; sleep?: Clock['sleep'] } = {},
) {
  const {
    loss = new CodedError('control_unreachable', 'the connection ended', { retryable: true }),
    opens = new Listeners<void>(),
  } = more;
  let latest: DeploymentView | undefined;
  let opened = 0;
  const waits: number[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    sleep:
      more.sleep ??
      (async (ms, signal) => {
        signal?.throwIfAborted();
        waits.push(ms);
      }),
  };
  async function* watch(signal: AbortSignal): AsyncGenerator<WatchMessage> {
    const mine = connections[opened];
    opened += 1;
    for (const view of mine ?? []) {
      latest = view;
      yield { type: 'deployment.changed', seq: opened, deployment: view } as WatchMessage;
    }
    if (opened >= connections.length) await untilAborted(new Promise<never>(() => undefined), signal);
    throw loss;
  }
  const api = {
    endpoints: async () => {
      const found = latest!.instances.flatMap(({ id, role, replica, state, endpoints }) =>
        endpoints.map((endpoint) => ({ ...endpoint, instanceId: id, role, replica, state }) as EndpointView),
      );
      if (found.length === 0) throw new ControlAnswerError(409, { code: 'not_ready', message: 'no endpoint' });
      return found;
    },
  } as unknown as ControlApi;
  const follower = followEndpoint({ name: 'a', api, watch, opens, clock, random: () => 0.5, log: silentLog });
  const events: FollowEvent[] = [];
  const until = Promise.withResolvers<void>();
  let wanted: { type: FollowEvent['type']; times: number } | undefined;
  const isTold = ({ type, times }: NonNullable<typeof wanted>) =>
    events.filter((event) => event.type === type).length >= times;
  follower.events.add((event) => {
    events.push(event);
    if (wanted && isTold(wanted)) until.resolve();
  });
  async function told(type: FollowEvent['type'], times = 1): Promise<void> {
    wanted = { type, times };
    if (!isTold(wanted)) await until.promise;
  }
  return {
    follower,
    events,
    waits,
    told,
    typesUntil: async (type: FollowEvent['type']) => {
      await told(type);
      await follower[Symbol.asyncDispose]();
      return events.map((event) => event.type);
    },
  };
}

describe('an endpoint follower', () => {
  test('tells an outage of control once, however often it tries, and its end', async () => {
    const { typesUntil, waits } = follow([[ready(1)], [], [], [], [ready(1)]]);
    expect(await typesUntil('control.back')).toEqual(['endpoint.up', 'control.lost', 'control.back']);
    expect(waits.slice(0, 4)).toEqual([175, 300, 550, 1050]);
  });

  test('tells the next generation', async () => {
    const { typesUntil } = follow([
      [
        ready(1),
        deployment(lost),
        ready(2),
        deployment({ status: 'stopped', cause: { code: 'requested', message: '' } }),
      ],
    ]);
    expect(await typesUntil('deployment.ended')).toEqual([
      'endpoint.up',
      'endpoint.down',
      'endpoint.up',
      'endpoint.down',
      'deployment.ended',
    ]);
  });

  test('tells a listener that comes late what is true by then', async () => {
    const stopped = deployment({ status: 'stopped', cause: { code: 'requested', message: '' } });
    const up = follow([[ready(2)]]);
    await up.told('endpoint.up');
    const ended = follow([[ready(1), stopped]]);
    await ended.typesUntil('deployment.ended');
    const heard: FollowEvent['type'][] = [];
    for (const { follower } of [up, ended]) follower.listen((event) => heard.push(event.type));
    expect(heard).toEqual(['endpoint.up', 'deployment.ended']);
    await up.follower[Symbol.asyncDispose]();
  });

  test('does not press a server that refuses the login', async () => {
    const { typesUntil, waits } = follow([[ready(1)], [], [ready(1)]], { loss: new CodedError('auth_failed', 'no') });
    await typesUntil('control.back');
    expect(waits[0]).toBeGreaterThanOrEqual(600_000);
  });

  test('waits no longer once a request has reached the bastion', async () => {
    const opens = new Listeners<void>();
    const asleep = Promise.withResolvers<void>();
    const { typesUntil } = follow([[ready(1)], [ready(1)]], {
      loss: new CodedError('auth_failed', 'no'),
      opens,
      async sleep(_ms, signal) {
        asleep.resolve();
        await untilAborted(new Promise<never>(() => undefined), signal);
      },
    });
    await asleep.promise;
    opens.emit();
    expect(await typesUntil('control.back')).toEqual(['endpoint.up', 'control.lost', 'control.back']);
  });

  test('waits a minute for the lost agent of a deployment that was stopped: it may come back to end what it answers', async () => {
    const stopping = (generation: number) =>
      deployment(
        { status: 'draining', untilMs: 1, cause: { code: 'requested', message: '' } },
        { generation, wanted: 'stopped' },
      );
    // Before it has heard the order to drain again.
    const returned = deployment({ status: 'ready' }, { generation: 2, wanted: 'stopped' });
    const waits: number[] = [];
    const { follower, told, typesUntil } = follow(
      [[ready(1), stopping(1), deployment(lost, { wanted: 'stopped' }), returned]],
      {
        async sleep(ms, signal) {
          waits.push(ms);
          await untilAborted(new Promise<never>(() => undefined), signal);
        },
      },
    );
    await told('endpoint.down');
    expect(waits).toEqual([60_000]);
    expect(await follower.next()).toMatchObject({ generation: 2 });
    expect(await typesUntil('endpoint.up')).not.toContain('deployment.ended');
  });

  test('leaves a dead instance for the living one', async () => {
    const second = instance({ status: 'ready' }, { id: 'bbbbbbbb', generation: 1, role: 'successor' });
    const { follower, told, events } = follow([
      [both([instance({ status: 'ready' }, { generation: 3 }), second]), both([instance(lost), second])],
    ]);
    await told('endpoint.up', 2);
    expect(events).toMatchObject([
      { type: 'endpoint.up', endpoint: { instanceId: 'aaaaaaaa', generation: 3 }, again: false },
      { type: 'endpoint.up', endpoint: { instanceId: 'bbbbbbbb', generation: 1 }, again: true, stillUp: [] },
    ]);
    expect(follower.current).toMatchObject({ instanceId: 'bbbbbbbb' });
    await follower[Symbol.asyncDispose]();
  });

  test('leaves a draining instance for the one that serves, and tells when the former answers no more', async () => {
    const second = instance({ status: 'ready' }, { id: 'bbbbbbbb', generation: 1, role: 'successor' });
    const cause = { code: 'deadline', message: '' } as const;
    const { events, typesUntil } = follow([
      [
        both([instance({ status: 'ready' }, { generation: 3 }), second]),
        both([instance({ status: 'draining', untilMs: 1, cause }, { generation: 3 }), second]),
        both([instance({ status: 'stopped', cause }), second]),
      ],
    ]);
    expect(await typesUntil('endpoint.left')).toEqual(['endpoint.up', 'endpoint.up', 'endpoint.left']);
    expect(events.slice(1)).toMatchObject([
      { endpoint: { instanceId: 'bbbbbbbb' }, stillUp: [{ instanceId: 'aaaaaaaa', generation: 3 }] },
      { endpoint: { instanceId: 'aaaaaaaa' } },
    ]);
  });

  test('ends with the last instance, not with the first', async () => {
    const cause = { code: 'requested', message: '' } as const;
    const stopped = instance({ status: 'stopped', cause });
    const second = (state: InstanceState, generation?: number) =>
      instance(state, { id: 'bbbbbbbb', ...(generation === undefined ? {} : { generation }) });
    const { typesUntil } = follow([
      [both([stopped, second({ status: 'ready' }, 1)]), both([stopped, second({ status: 'stopped', cause })])],
    ]);
    expect(await typesUntil('deployment.ended')).toEqual(['endpoint.up', 'endpoint.down', 'deployment.ended']);
  });

  test('goes on when a listener throws, which is no failure of control', async () => {
    const { follower, typesUntil } = follow([[ready(1), ready(2)]]);
    let calls = 0;
    follower.events.add(() => {
      calls += 1;
      throw new Error('the listener failed');
    });
    await expect.poll(() => calls).toBe(2);
    expect(await typesUntil('endpoint.up')).toEqual(['endpoint.up', 'endpoint.up']);
  });

  test('takes a lost agent for gone only when the deployment was stopped', async () => {
    const { typesUntil } = follow([[ready(1), deployment(lost), deployment(lost, { wanted: 'stopped' })]]);
    expect(await typesUntil('deployment.ended')).toEqual(['endpoint.up', 'endpoint.down', 'deployment.ended']);
  });
});
