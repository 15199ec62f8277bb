import { describe, expect, it } from 'vitest';

import { InFlight } from './in-flight.ts';

const packet = 32 * 1024;

interface PipeOptions {
  bytesPerMs: number;
  lengthMs: number;
  rounds: number;
  /** The reader of acknowledgements sleeps so long, every twentieth of them. */
  heldUpMs?: number;
}

/** A pipe of this rate and length that a writer keeps as full as it may. Resolves with limits and delays. */
function runPipe({ bytesPerMs, lengthMs, rounds, heldUpMs = 0 }: PipeOptions) {
  const inFlight = new InFlight();
  let nowMs = 0;
  let freeAtMs = 0;
  let received = 0;
  const arrivals: number[] = [];
  const queues: number[] = [];
  for (let step = 0; step < rounds; step += 1) {
    while (inFlight.hasRoomForBulk(0)) {
      inFlight.noteSent(packet, packet, nowMs);
      freeAtMs = Math.max(freeAtMs, nowMs) + packet / bytesPerMs;
      arrivals.push(freeAtMs + lengthMs);
    }
    inFlight.noteLimited();
    queues.push(freeAtMs - nowMs);
    nowMs = Math.max(nowMs, arrivals.shift()!);
    if (step % 20 === 19) nowMs += heldUpMs;
    received += packet;
    expect(inFlight.acknowledge(received % 2 ** 32, nowMs)).toBe(true);
  }
  return { limitBytes: inFlight.limitBytes, queueMs: Math.max(...queues.slice(-50)) };
}

describe('The limit of bytes in flight', () => {
  it('shrinks to its floor where the way is narrow: little waits before a token', () => {
    const { limitBytes } = runPipe({ bytesPerMs: 1_250, lengthMs: 10, rounds: 500 });
    expect(limitBytes).toBeLessThan(100_000);
  });

  it('grows to what a long way holds, and not to a queue of much more than its target', () => {
    const { limitBytes, queueMs } = runPipe({ bytesPerMs: 50_000, lengthMs: 40, rounds: 20_000 });
    expect(limitBytes).toBeGreaterThan(1_000_000);
    expect(queueMs).toBeLessThan(50);
  });

  it('stays at what the way carries while processes on it are held up now and then', () => {
    const { limitBytes } = runPipe({ bytesPerMs: 150_000, lengthMs: 0.4, rounds: 20_000, heldUpMs: 5 });
    expect(limitBytes).toBeGreaterThan(500_000);
  });

  it('follows acknowledgements past 4 GiB', () => {
    const inFlight = new InFlight();
    const step = 2 ** 30;
    for (let sent = step; sent <= 6 * step; sent += step) {
      inFlight.noteSent(step, 0, sent);
      expect(inFlight.hasRoomForTokens(0)).toBe(false);
      expect(inFlight.acknowledge(sent % 2 ** 32, sent + 1)).toBe(true);
      expect(inFlight.hasRoomForTokens(0)).toBe(true);
    }
  });

  it('keeps room for tokens while bulk has none, and the other way round', () => {
    const inFlight = new InFlight();
    inFlight.noteSent(300_000, 300_000, 1);
    expect([inFlight.hasRoomForBulk(0), inFlight.hasRoomForTokens(0)]).toEqual([false, true]);
    inFlight.noteSent(300_000, 0, 1);
    expect(inFlight.hasRoomForTokens(0)).toBe(false);
    inFlight.acknowledge(300_000, 2);
    expect([inFlight.hasRoomForBulk(0), inFlight.hasRoomForTokens(0)]).toEqual([true, false]);
  });

  it('refuses an acknowledgement of what was not sent', () => {
    const inFlight = new InFlight();
    inFlight.noteSent(100, 0, 1);
    expect(inFlight.acknowledge(101, 2)).toBe(false);
  });
});
