// Group commit: one transaction for many, order kept, failure told to all who stand on it.

import { describe, expect, it } from 'vitest';

import { Journal } from './journal.ts';
import type { Store, Write } from './store.ts';

function note(kind: string): Write {
  return {
    type: 'history.add',
    entry: { atMs: 0, recordedMs: 0, deployment: 'a', instanceId: 'i', kind, message: '' },
  };
}

function kindsOf(writes: readonly Write[]): string[] {
  return writes.map((write) => (write.type === 'history.add' ? write.entry.kind : write.type));
}

function open(commit: (kinds: string[]) => Promise<void>) {
  const log: string[] = [];
  const store = { commit: (writes: readonly Write[]) => commit(kindsOf(writes)) } as unknown as Store;
  const journal = new Journal(store, {
    onCommitted: () => log.push('committed'),
    onFailed: async (error) => void log.push(`failed: ${String(error)}`),
    onFault: (error) => log.push(`fault: ${String(error)}`),
  });
  return { journal, log };
}

describe('Journal', () => {
  it('puts all writes of one turn into one commit, in order', async () => {
    const commits: string[][] = [];
    const { journal, log } = open(async (kinds) => void commits.push(kinds));
    const first = journal.add([note('a'), note('b')]).then(() => log.push('first'));
    const second = journal.add([note('c')]).then(() => log.push('second'));
    await Promise.all([first, second]);
    expect(commits).toEqual([['a', 'b', 'c']]);
    expect(log).toEqual(['committed', 'first', 'second']);
  });

  it('collects writes while a commit runs', async () => {
    const commits: string[][] = [];
    const gate = Promise.withResolvers<void>();
    const { journal } = open(async (kinds) => {
      commits.push(kinds);
      if (commits.length === 1) await gate.promise;
    });
    const first = journal.add([note('a')]);
    while (commits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const others = [journal.add([note('b')]), journal.add([note('c')])];
    gate.resolve();
    await Promise.all([first, ...others]);
    expect(commits).toEqual([['a'], ['b', 'c']]);
  });

  it('calls its handler without a commit if a turn has no writes', async () => {
    const { journal, log } = open(async () => Promise.reject(new Error('not asked for')));
    await journal.add([]);
    expect(log).toEqual(['committed']);
  });

  it('rejects every caller of the turn, and goes on', async () => {
    let broken = true;
    const { journal, log } = open(async () => {
      if (broken) throw new Error('disk full');
    });
    const first = journal.add([note('a')]);
    const second = journal.add([note('b')]);
    await expect(first).rejects.toThrow('disk full');
    await expect(second).rejects.toThrow('disk full');
    broken = false;
    await journal.add([note('c')]);
    expect(log).toEqual(['failed: Error: disk full', 'committed']);
  });

  it('answers every caller and goes on when a handler of a commit or a failure throws', async () => {
    const faults: string[] = [];
    let broken = true;
    const store = { commit: async () => (broken ? Promise.reject(new Error('disk full')) : []) } as unknown as Store;
    const journal = new Journal(store, {
      onCommitted: () => {
        throw new Error('a listener');
      },
      onFailed: () => Promise.reject(new Error('cannot be read either')),
      onFault: (error) => faults.push(String(error)),
    });
    await expect(journal.add([note('a')])).rejects.toThrow('disk full');
    broken = false;
    await journal.add([note('b')]);
    expect(faults).toEqual(['Error: cannot be read either', 'Error: a listener']);
  });
});
