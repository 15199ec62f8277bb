// Which failures of a dial are waited out, and for how long.

import { type Clock, CodedError, Listeners, systemClock } from '@fairlead/kit';
import { type EndpointAddress, isBastionSocket, type ReachableEndpoint } from '@fairlead/protocol';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';

import type { FollowerEvent } from './endpoint-follower.ts';
import { openPath } from './open-path.ts';
import { impatient, type Patience } from './patience.ts';
import { createTurns } from './turns.ts';

const endpoint = (generation: number) =>
  ({
    instanceId: 'aaaaaaaa',
    generation,
    address: { kind: 'bastion-socket', socket: `/run/aaaaaaaa-${generation}.sock` },
  }) as ReachableEndpoint;
const refused = () => new CodedError('dial_refused', 'nothing listens there');

/** A bastion whose sockets answer as `dial` says; the follower is at generation 1 until `news`. */
function world(dial: (socket: string) => Promise<PassThrough>) {
  const dials: string[] = [];
  let nowMs = 0;
  let current: ReachableEndpoint | undefined = endpoint(1);
  const events = new Listeners<FollowerEvent>();
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
  const deps = {
    name: 'a',
    clock,
    random: () => 0.5,
    turns: createTurns(1),
    follower: {
      events,
      get current() {
        return current;
      },
      next: async () => current!,
    },
    carrier: {
      ready: async () => undefined,
      reach: (address: EndpointAddress) => {
        const socket = isBastionSocket(address) ? address.socket : '';
        dials.push(socket);
        return dial(socket);
      },
    },
  };
  return {
    dials,
    news: (generation: number) => (current = endpoint(generation)),
    open: (patience?: Patience) => openPath(deps, new AbortController().signal, patience),
    waitedMs: () => nowMs,
  };
}

describe('a path', () => {
  test('goes to the next generation when the dialled one was just replaced', async () => {
    const there = world(async (socket) => {
      if (socket.endsWith('-2.sock')) return new PassThrough();
      if (there.dials.length === 2) there.news(2);
      throw refused();
    });
    expect((await there.open()).endpoint.generation).toBe(2);
    expect(there.dials).toEqual(['/run/aaaaaaaa-1.sock', '/run/aaaaaaaa-1.sock', '/run/aaaaaaaa-2.sock']);
  });

  test('is dialled again when the SSH connection broke under it', async () => {
    const there = world(async () => {
      if (there.dials.length === 1) throw new CodedError('connection_lost', 'reset');
      return new PassThrough();
    });
    expect((await there.open()).endpoint.generation).toBe(1);
  });

  test('gives up after longer than a lease', async () => {
    const there = world(async () => Promise.reject(refused()));
    await expect(there.open()).rejects.toMatchObject({ code: 'path_broken', retryable: true });
    expect(there.waitedMs()).toBeGreaterThan(20_000);
    expect(there.waitedMs()).toBeLessThan(22_000);
  });

  test('is not dialled again where the server forbids it', async () => {
    const there = world(async () => Promise.reject(new CodedError('forward_forbidden', 'no')));
    await expect(there.open()).rejects.toMatchObject({ code: 'forward_forbidden' });
    expect(there.dials.length).toBe(1);
  });
});

describe('while the way is down, a client that can use Retry-After gets the error within a second', () => {
  const deps = () => {
    const never = new Promise<never>(() => undefined);
    return {
      name: 'a',
      clock: systemClock,
      random: () => 0.5,
      turns: createTurns(1),
      follower: {
        events: new Listeners<FollowerEvent>(),
        current: undefined as ReachableEndpoint | undefined,
        next: () => never,
      },
      carrier: { ready: () => never, reach: () => never },
    };
  };
  async function failure(there: ReturnType<typeof deps>): Promise<string> {
    const error: unknown = await openPath(there, new AbortController().signal, impatient).catch((cause) => cause);
    return (error as CodedError<string>).code;
  }

  test('by its limits', () => {
    for (const limitMs of Object.values(impatient)) expect(limitMs).toBeLessThan(1_000);
  });

  // The other patience has more than ten times that.
  test('where there is no endpoint', { timeout: 10_000 }, async () => {
    expect(await failure(deps())).toBe('endpoint_not_ready');
  });

  test('where the SSH connection is being opened again', { timeout: 10_000 }, async () => {
    const there = { ...deps(), follower: { ...deps().follower, current: endpoint(1) } };
    expect(await failure(there)).toBe('path_broken');
  });

  test('where no agent takes the connection', async () => {
    const there = world(async () => Promise.reject(refused()));
    await expect(there.open(impatient)).rejects.toMatchObject({ code: 'path_broken', retryable: true });
    expect(there.waitedMs()).toBeLessThan(1_000);
    expect(there.dials.length).toBeGreaterThan(2);
  });
});
