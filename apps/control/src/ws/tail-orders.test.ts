// How a slow reader of a log is treated: its agent gets no more credit, and nothing else of the agent waits.

import type { ControlMessage } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { TailOrders, tailCredit } from './tail-orders.ts';

const query = { source: 'engine', lines: 10, follow: true } as const;

function open(hasRoom: () => boolean) {
  const log: string[] = [];
  let orders = 0;
  const tails = new TailOrders({
    nextOrderId: () => `o${(orders += 1)}`,
    send: (message: ControlMessage) =>
      log.push('credit' in message ? `${message.type} ${message.credit}` : message.type),
  });
  const sink = {
    push: (lines: string[]) => {
      log.push(...lines);
      return hasRoom();
    },
    end: (error?: string) => log.push(`end ${error ?? ''}`),
  };
  return { log, tails, tail: tails.open(query, sink), another: () => tails.open(query, sink) };
}

describe('a log tail', () => {
  it('gives credit back in portions while its reader has room', () => {
    const { log, tails } = open(() => true);
    for (let sent = 0; sent < tailCredit; sent += 1) tails.chunk('o1', []);
    expect(log).toEqual(['log.tail 8', 'log.grant 4', 'log.grant 4']);
  });

  it('gives no credit while its reader is full, and all of it again when that has room', () => {
    const { log, tails, tail } = open(() => false);
    for (let sent = 0; sent < tailCredit; sent += 1) tails.chunk('o1', []);
    expect(log).toEqual(['log.tail 8']);
    tail.drained();
    tail.drained();
    expect(log).toEqual(['log.tail 8', 'log.grant 8']);
  });

  it('takes no credit from another tail of the same agent', () => {
    const { log, tails, another } = open(() => false);
    another();
    for (let sent = 0; sent < tailCredit; sent += 1) tails.chunk('o1', []);
    tails.chunk('o2', ['a']);
    expect(log).toEqual(['log.tail 8', 'log.tail 8', 'a']);
  });

  it('ends when the agent sends more than it was given credit for', () => {
    const { log, tails } = open(() => false);
    for (let sent = 0; sent <= tailCredit; sent += 1) tails.chunk('o1', []);
    tails.chunk('o1', ['late']);
    expect(log).toEqual(['log.tail 8', 'log.cancel', expect.stringMatching(/^end the agent sent more/)]);
  });

  it('is cancelled once when its reader has gone', () => {
    const { log, tails, tail } = open(() => true);
    tail.cancel();
    tail.cancel();
    tail.drained();
    tails.chunk('o1', ['late']);
    expect(log).toEqual(['log.tail 8', 'log.cancel']);
  });
});
