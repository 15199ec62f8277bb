import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { systemClock } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { findLaunchers, launchersOf, watchParents } from './watch-parents.ts';

describe('The launchers of a process', () => {
  const table = new Map([
    [10, { ppid: 1, pgid: 10 }],
    [20, { ppid: 10, pgid: 20 }],
    [21, { ppid: 20, pgid: 20 }],
    [22, { ppid: 21, pgid: 20 }],
  ]);
  it('are its ancestors in its process group, up to the one that the shell started', () => {
    expect(launchersOf(22, table)).toEqual([
      { pid: 22, ppid: 21 },
      { pid: 21, ppid: 20 },
      { pid: 20, ppid: 10 },
    ]);
  });
  it('are none for a process without a launcher', () => expect(launchersOf(10, table)).toEqual([]));
});

describe('Watching the parents', () => {
  it('notices the end of one in the middle of the chain', async () => {
    // sh starts sh starts sleep: the middle one is killed, the sleep lives on.
    const outer = spawn('sh', ['-c', 'sh -c "sleep 60 & echo \\$\\$ \\$!; wait"; :'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [text] = (await once(outer.stdout, 'data')) as [Buffer];
    const [middle, leaf] = String(text).trim().split(' ').map(Number) as [number, number];
    const stop = new AbortController();
    try {
      const ended = Promise.withResolvers<void>();
      const launchers = await findLaunchers(leaf);
      expect(launchers.map(({ pid }) => pid)).toContain(middle);
      const watching = watchParents({ launchers, clock: systemClock, signal: stop.signal, onEnd: ended.resolve });
      process.kill(middle, 'SIGKILL');
      await ended.promise;
      await watching;
      expect(launchersOf(leaf, new Map())).toEqual([]);
    } finally {
      stop.abort();
      process.kill(leaf, 'SIGKILL');
      outer.kill('SIGKILL');
    }
  });
});
