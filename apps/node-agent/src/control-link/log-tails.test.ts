// Log tails by credit: what a reader has no room for stays in the file.

import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemClock } from '@fairlead/kit';
import type { AgentMessage } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogTails } from './log-tails.ts';

const line = 'x'.repeat(160);

describe('a log tail of the agent', () => {
  let jobDir: string;
  let over: AbortController;
  const sent: AgentMessage[] = [];
  let arrived = Promise.withResolvers<void>();

  beforeEach(async () => {
    jobDir = await mkdtemp('/tmp/fa-tails-');
    over = new AbortController();
    sent.length = 0;
  });
  afterEach(async () => {
    over.abort(new Error('the test is over'));
    await rm(jobDir, { recursive: true });
  });

  const open = () =>
    new LogTails({
      jobDir,
      nodes: 1,
      clock: systemClock,
      log: silentLog,
      signal: over.signal,
      async send(message) {
        sent.push(message);
        arrived.resolve();
        arrived = Promise.withResolvers();
      },
    });

  async function until(fits: () => boolean): Promise<void> {
    while (!fits()) await arrived.promise;
  }

  const chunksOf = (orderId: string) =>
    sent.flatMap((message) => (message.type === 'log.chunk' && message.orderId === orderId ? [message.lines] : []));
  const hasEnded = (orderId: string) =>
    sent.some((message) => message.type === 'log.ended' && message.orderId === orderId);

  it('sends no more chunks than it has credit for, and the rest as more is granted', async () => {
    await writeFile(join(jobDir, 'engine.log'), `${line}\n`.repeat(2000));
    await writeFile(join(jobDir, 'agent.log'), 'small\n');
    const tails = open();
    tails.start({ type: 'log.tail', orderId: 'big', source: 'engine', lines: 2000, follow: false, credit: 2 });
    await until(() => chunksOf('big').length === 2);
    // Another tail is read to its end meanwhile, and what it needed of this one's time was there.
    tails.start({ type: 'log.tail', orderId: 'small', source: 'agent', lines: 10, follow: false, credit: 1 });
    await until(() => hasEnded('small'));
    expect(chunksOf('big')).toHaveLength(2);
    tails.grant('big', 1);
    await until(() => chunksOf('big').length === 3);
    tails.grant('big', 1000);
    await until(() => hasEnded('big'));
    expect(chunksOf('big').flat()).toEqual(Array.from({ length: 2000 }, () => line));
  });

  it('holds little of a long log while its reader waits', async () => {
    await writeFile(join(jobDir, 'engine.log'), `${line}\n`.repeat(100_000));
    const tails = open();
    const before = process.memoryUsage();
    for (let tail = 0; tail < 16; tail += 1)
      tails.start({ type: 'log.tail', orderId: `t${tail}`, source: 'engine', lines: 100_000, follow: true, credit: 1 });
    await until(() => sent.filter(({ type }) => type === 'log.chunk').length === 16);
    const after = process.memoryUsage();
    const grownBytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    // 16 whole logs are 256 MB. What was let go may not be collected yet.
    expect(grownBytes).toBeLessThan(128_000_000);
  });

  it('ends at once when it is cancelled, also without credit', async () => {
    await writeFile(join(jobDir, 'engine.log'), `${line}\n`.repeat(2000));
    const tails = open();
    tails.start({ type: 'log.tail', orderId: 'big', source: 'engine', lines: 2000, follow: true, credit: 1 });
    await until(() => chunksOf('big').length === 1);
    tails.cancel('big');
    await until(() => hasEnded('big'));
    await appendFile(join(jobDir, 'engine.log'), 'more\n');
    tails.grant('big', 10);
    expect(chunksOf('big')).toHaveLength(1);
  });
});
