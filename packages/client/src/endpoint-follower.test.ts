// What is told of one deployment as control says it, is lost and comes back.

import { type Clock, CodedError, Listeners, silentLog, untilAborted } from '@fairlead/kit';
import type { DeploymentView, EndpointView, InstanceState, WatchMessage } from '@fairlead/protocol';
import { describe, expect, test } from 'vitest';

import { ControlAnswerError } from './client-error.ts';
import type { ControlApi } from './control-api.ts';
import { followEndpoint, type FollowEvent } from './endpoint-follower.ts';

const lost: InstanceState = { status: 'failed', cause: { code: 'agent_lost', message: 'not heard of' } };

function deployment(state: InstanceState, options: { generation?: number; wanted?: 'running' | 'stopped' } = {}) {
  const { generation, wanted = 'running' } = options;
  return {
    name: 'a',
    wanted,
    instance: {
      id: 'aaaaaaaa',
      state,
      ...(generation === undefined ? {} : { endpoint: { generation, socket: `/run/aaaaaaaa-${generation}.sock` } }),
    },
  } as unknown as DeploymentView;
}

const ready = (generation: number) => deployment({ status: 'ready' }, { generation });

/** Control as a script: each entry is one connection's messages, after which it is lost; the last one stays open. */
function follow(
  connections: DeploymentView[][],
  more: { loss?: Error; opens?: Listeners<void>; sleep?: Clock['sleep'] } = {},
) {
  const { loss = new Error('the connection ended'), opens = new Listeners<void>() } = more;
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
    endpoint: async () => {
      const { endpoint, id } = latest!.instance;
      if (!endpoint) throw new ControlAnswerError(409, { code: 'not_ready', message: 'no endpoint' });
      return { ...endpoint, instanceId: id } as EndpointView;
    },
  } as unknown as ControlApi;
  const follower = followEndpoint({ name: 'a', api, watch, opens, clock, random: () => 0.5, log: silentLog });
  const events: FollowEvent[] = [];
  const until = Promise.withResolvers<void>();
  let wanted: FollowEvent['type'] | undefined;
  follower.events.add((event) => {
    events.push(event);
    if (event.type === wanted) until.resolve();
  });
  async function told(type: FollowEvent['type']): Promise<void> {
    wanted = type;
    if (!events.some((event) => event.type === type)) await until.promise;
  }
  return {
    follower,
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
    const waits: number[] = [];
    const { follower, told, typesUntil } = follow(
      [[ready(1), stopping(1), deployment(lost, { wanted: 'stopped' }), stopping(2)]],
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

  test('takes a lost agent for gone only when the deployment was stopped', async () => {
    const { typesUntil } = follow([[ready(1), deployment(lost), deployment(lost, { wanted: 'stopped' })]]);
    expect(await typesUntil('deployment.ended')).toEqual(['endpoint.up', 'endpoint.down', 'deployment.ended']);
  });
});
