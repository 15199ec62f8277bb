// When a path is ready before it is asked for, and when none is kept.

import { Duplex } from 'node:stream';
import { silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { ReachableEndpoint } from '@fairlead/protocol';
import { describe, expect, test } from 'vitest';

import { type Path, trackPaths } from './live-paths.ts';
import { keepWarm, type WarmPaths } from './warm-paths.ts';

const endpointOf = (generation: number) => ({ instanceId: 'aaaaaaaa', generation }) as ReachableEndpoint;

/** Nothing comes on it by itself. */
const idleChannel = () =>
  new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }).on('error', () => undefined);

/** Paths that open at once, to the generation of the moment; `fail` makes the next ones fail. */
function world() {
  const opened: Path[] = [];
  let generation = 1;
  let isUp = true;
  let failure: Error | undefined;
  const clock = new ManualClock();
  const paths = trackPaths(async () => {
    if (failure) throw failure;
    const path = { endpoint: endpointOf(generation), channel: idleChannel() };
    opened.push(path);
    return path;
  });
  const warm: WarmPaths = keepWarm({
    paths,
    endpoint: () => (isUp ? endpointOf(generation) : undefined),
    clock,
    log: silentLog,
  });
  return {
    opened,
    warm,
    pass: (ms: number) => clock.advance(ms, ms),
    fail: (error?: Error) => (failure = error),
    down: () => (isUp = false),
    move: () => {
      generation += 1;
      paths.moveTo(endpointOf(generation));
    },
  };
}

/** What is opened ahead is begun at the end of the turn, and open at once here. */
const settled = async () => {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('warm paths', () => {
  test('the first is opened when it is asked for, the next one is ready', async () => {
    const { opened, warm } = world();
    expect(await warm.open()).toBe(opened[0]);
    await settled();
    expect(opened).toHaveLength(2);
    expect(await warm.open()).toBe(opened[1]);
  });

  test('as many are ready as were asked for within a second, eight at most, one after a rest', async () => {
    const { opened, warm, pass } = world();
    for (let count = 0; count < 20; count++) await warm.open();
    await settled();
    const before = opened.length;
    const burst = await Promise.all(Array.from({ length: 8 }, () => warm.open()));
    expect(burst.every((path) => opened.indexOf(path) < before)).toBe(true);
    await settled();
    for (const { channel } of opened) channel.destroy();
    await pass(1_001);
    await warm.open();
    await settled();
    expect(opened.filter(({ channel }) => !channel.destroyed)).toHaveLength(2);
  });

  test('one that was closed meanwhile, or leads to a former endpoint, is not given out', async () => {
    const { opened, warm, down, move } = world();
    await warm.open();
    await settled();
    const [, second] = opened;
    second?.channel.destroy();
    expect(await warm.open()).not.toBe(second);
    await settled();
    move();
    expect((await warm.open()).endpoint.generation).toBe(2);
    await settled();
    const ready = opened.at(-1);
    down();
    expect(await warm.open()).not.toBe(ready);
    expect(ready?.channel.destroyed).toBe(true);
  });

  test('one that the other side has ended is not given out, also where its end has not been read', async () => {
    const { opened, warm } = world();
    await warm.open();
    await settled();
    const [, second] = opened;
    second?.channel.push(null);
    expect(await warm.open()).toBe(opened[2]);
    expect(second?.channel.destroyed).toBe(true);
  });

  test('one that cannot be opened ahead fails no request; the next request dials and gets the error', async () => {
    const { opened, warm, fail } = world();
    fail(new Error('no endpoint'));
    await expect(warm.open()).rejects.toThrow('no endpoint');
    fail();
    await warm.open();
    fail(new Error('gone'));
    await settled();
    expect(opened).toHaveLength(1);
    fail();
    expect(await warm.open()).toBe(opened[1]);
  });

  test('none is kept after five minutes without a request', async () => {
    const { opened, warm, pass } = world();
    await warm.open();
    await settled();
    await pass(299_000);
    expect(opened[1]?.channel.destroyed).toBe(false);
    await pass(2_000);
    expect(opened.map(({ channel }) => channel.destroyed)).toEqual([false, true]);
    expect(await warm.open()).toBe(opened[2]);
    await settled();
    warm[Symbol.dispose]();
    expect(opened[3]?.channel.destroyed).toBe(true);
  });

  test('none is opened after the end', async () => {
    const { opened, warm } = world();
    await warm.open();
    warm[Symbol.dispose]();
    await settled();
    expect(opened).toHaveLength(1);
  });
});
