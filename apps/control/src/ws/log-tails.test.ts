// How a slow reader of a log is treated.

import type { ControlMessage } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { ManualClock } from '../testing/manual-clock.ts';
import { LogTails } from './log-tails.ts';

const QUERY = { source: 'engine', lines: 10, follow: true } as const;

function open(hasRoom: () => boolean) {
  const clock = new ManualClock();
  const log: string[] = [];
  const tails = new LogTails({
    clock,
    nextOrderId: () => 'o1',
    send: (message: ControlMessage) => log.push(message.type),
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
  });
  const tail = tails.open(QUERY, {
    push: (lines) => {
      log.push(...lines);
      return hasRoom();
    },
    end: (error) => log.push(`end ${error ?? ''}`),
  });
  return { clock, log, tails, tail };
}

describe('a log tail', () => {
  it('holds the agent back while its reader is full', () => {
    const { log, tails, tail } = open(() => false);
    tails.chunk('o1', ['a']);
    tail.drained();
    expect(log).toEqual(['log.tail', 'a', 'pause', 'resume']);
  });

  it('lets heartbeats through between pauses', async () => {
    const { clock, log, tails } = open(() => false);
    tails.chunk('o1', ['a']);
    await clock.advance(3000);
    tails.chunk('o1', ['b']);
    expect(log).toEqual(['log.tail', 'a', 'pause', 'resume', 'b', 'pause']);
  });

  it('is cut when its reader never catches up', async () => {
    const { clock, log, tails } = open(() => false);
    for (let pauses = 0; pauses <= 20; pauses += 1) {
      tails.chunk('o1', []);
      await clock.advance(3000, 3000);
    }
    expect(log.filter((entry) => entry === 'pause')).toHaveLength(20);
    expect(log.slice(-2)).toEqual(['log.cancel', expect.stringMatching(/^end the reader is too slow/)]);
  });

  it('does not hold the agent back for a reader that has gone', () => {
    const { log, tails, tail } = open(() => false);
    tails.chunk('o1', ['a']);
    tail.cancel();
    tails.chunk('o1', ['b']);
    expect(log).toEqual(['log.tail', 'a', 'pause', 'resume', 'log.cancel']);
  });
});
