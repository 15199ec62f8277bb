import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { anySignal, untilAborted, untilOver } from './signals.ts';

describe('untilAborted', () => {
  it('lets a rejection pass that comes after the abort, also where the signal had fired before the wait', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    const { promise, reject } = Promise.withResolvers<never>();
    await expect(untilAborted(promise, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    reject(new Error('too late'));
    await setImmediate();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('prefers the abort to what was there before the wait', async () => {
    const wait = untilAborted(Promise.resolve('late'), AbortSignal.abort(new Error('enough')));
    await expect(wait).rejects.toThrow('enough');
  });
});

describe('untilOver', () => {
  const never = new Promise<never>(() => undefined);
  const waits: Array<[string, (signal: AbortSignal) => Promise<unknown>]> = [
    ['a sleep', (signal) => systemClock.sleep(60_000, signal)],
    ['any wait under a signal', (signal) => untilAborted(never, signal)],
    ['a wait under several signals', (signal) => untilAborted(never, anySignal(signal, new AbortController().signal))],
  ];

  it.each(waits)('takes the abort of %s for its end', async (_name, wait) => {
    const controller = new AbortController();
    const over = untilOver(wait(controller.signal), controller.signal);
    controller.abort(new Error('enough'));
    await expect(over).resolves.toBeUndefined();
  });

  it('waits for the end of what goes on after the abort', async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const over = untilOver(promise, controller.signal).then(() => (isOver = true));
    controller.abort();
    await setImmediate();
    expect(isOver).toBe(false);
    resolve();
    await over;
  });

  it('passes on what fails while nothing is aborted', async () => {
    const failing = Promise.reject(new Error('disk full'));
    await expect(untilOver(failing, new AbortController().signal)).rejects.toThrow('disk full');
  });

  it('passes on another failure after the abort, and the abort of another signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const other = AbortSignal.abort(new Error('another'));
    await expect(untilOver(Promise.reject(new Error('disk full')), signal)).rejects.toThrow('disk full');
    await expect(untilOver(untilAborted(never, other), signal)).rejects.toThrow('another');
    // Nor is undefined the reason of a signal that has not fired.
    await expect(untilOver(Promise.reject(undefined), new AbortController().signal)).rejects.toBeUndefined();
  });
});
