import { describe, expect, it } from 'vitest';

import { streamEvents } from './stream-events.ts';

const never = new AbortController().signal;

async function readAll<Event>(events: AsyncIterable<Event>, into: Event[] = []): Promise<Event[]> {
  for await (const event of events) into.push(event);
  return into;
}

describe('streamEvents', () => {
  it('begins with the first read, yields what is told, and ends with the work', async () => {
    let hasBegun = false;
    const events = streamEvents<number>(never, async ({ tell }) => {
      hasBegun = true;
      tell(1);
      await Promise.resolve();
      tell(2);
      tell(3);
    });
    expect(hasBegun).toBe(false);
    expect(await readAll(events)).toEqual([1, 2, 3]);
  });

  it('throws what the work throws, after what was told', async () => {
    const told: number[] = [];
    const events = streamEvents<number>(never, async ({ tell }) => {
      tell(1);
      throw new Error('it broke');
    });
    await expect(readAll(events, told)).rejects.toThrow('it broke');
    expect(told).toEqual([1]);
  });

  it('does not hold the work up where its reader is slow', async () => {
    let hasEnded = false;
    const events = streamEvents<number>(never, async ({ tell }) => {
      tell(1);
      tell(2);
      await Promise.resolve();
      hasEnded = true;
    });
    await events.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(true);
    expect(await readAll(events)).toEqual([2]);
  });

  it('holds work up that delivers, until the reader asks for more', async () => {
    let delivered = 0;
    const events = streamEvents<number>(never, async ({ deliver }) => {
      for (; delivered < 3; delivered++) await deliver(delivered);
    });
    await events.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(delivered).toBe(0);
    await events.next();
    expect(delivered).toBe(1);
    await events.return();
    expect(delivered).toBe(3);
  });

  it('ends the work in order when its reader leaves, and waits for that', async () => {
    const steps: string[] = [];
    const events = streamEvents<string>(never, async ({ tell }, signal) => {
      tell('begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      steps.push('aborted');
      await new Promise((resolve) => setImmediate(resolve));
      steps.push('taken back');
    });
    for await (const event of events) if (event === 'begun') break;
    expect(steps).toEqual(['aborted', 'taken back']);
  });

  it("passes the caller's signal on, and throws its reason", async () => {
    const stop = new AbortController();
    const events = streamEvents<string>(stop.signal, async ({ tell }, signal) => {
      tell('begun');
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    expect((await events.next()).value).toBe('begun');
    stop.abort(new Error('enough'));
    await expect(events.next()).rejects.toThrow('enough');
  });
});
