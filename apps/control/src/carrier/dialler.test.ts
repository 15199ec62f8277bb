// The dialler on a real directory with real sockets, and a clock that stands still until told.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Listeners, silentLog } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SocketOwner } from '../domain/decide-socket.ts';
import { ManualClock } from '@fairlead/kit/testing';
import { Dialler } from './dialler.ts';
import { RunDir } from './run-dir.ts';

interface Admitted {
  raw: Socket;
  instanceId: string;
  generation: number;
  prove: () => void;
}

const waitingOwner: SocketOwner = {
  kind: 'current',
  life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 },
  linkedGeneration: undefined,
};

const lost: SocketOwner = {
  kind: 'current',
  life: {
    phase: 'lost',
    agent: { processId: 'p', restart: 0, hostname: 'n' },
    state: { status: 'failed', cause: { code: 'agent_lost', message: '' } },
    retired: 0,
  },
  linkedGeneration: undefined,
};

let root: string;
let dir: RunDir;
let clock: ManualClock;
let dialler: Dialler;
let owner: SocketOwner;
let ownerOf: (id: string) => SocketOwner;
const servers = new Map<string, Server>();
const admitted: Admitted[] = [];
const arrivals = new Listeners<Admitted>();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fl-dial-'));
  dir = new RunDir(join(root, 'run'));
  clock = new ManualClock();
  owner = waitingOwner;
  ownerOf = () => owner;
  dialler = new Dialler({
    runDir: dir,
    clock,
    log: silentLog,
    random: () => 0.5,
    leaseMs: 15_000,
    ownerOf: (id) => ownerOf(id),
    admit: (raw, { instanceId, generation }, prove) => {
      const arrival = { raw, instanceId, generation, prove };
      admitted.push(arrival);
      arrivals.emit(arrival);
    },
  });
});
afterEach(async () => {
  await dialler[Symbol.asyncDispose]();
  for (const { raw } of admitted.splice(0)) raw.destroy();
  for (const server of servers.values()) server.close();
  servers.clear();
  rmSync(root, { recursive: true });
});

async function listen(name: string): Promise<void> {
  const server = createServer((raw) => raw.on('error', () => raw.destroy()));
  servers.set(name, server);
  await new Promise<void>((resolve) => server.listen(dir.file(name), resolve));
}

async function nextArrival(): Promise<Admitted> {
  return new Promise((resolve) => {
    const remove = arrivals.add((arrival) => {
      remove();
      resolve(arrival);
    });
  });
}

/** Resolves when so many have been admitted in all, which may have happened before the call. */
function arrived(count: number): Promise<void> {
  if (admitted.length >= count) return Promise.resolve();
  return new Promise((resolve) => {
    const remove = arrivals.add(() => {
      if (admitted.length < count) return;
      remove();
      resolve();
    });
  });
}

/** Lets time pass until something is true of the directory; sockets answer in their own time. Throws after an hour of the clock. */
async function advanceUntil(isTrue: () => boolean): Promise<void> {
  const endMs = clock.monotonicMs() + 3_600_000;
  while (!isTrue()) {
    if (clock.monotonicMs() >= endMs)
      throw new Error(`an hour has passed, and it is still not true: ${String(isTrue)}`);
    await clock.advance(100);
  }
}

describe('the helpers of this test', () => {
  it('end their wait when what they wait for has happened already, or never happens', async () => {
    await listen('aaaaaaaa-1.ctl');
    const first = arrived(1);
    await dialler.start();
    await first;
    await arrived(1);
    await expect(advanceUntil(() => false)).rejects.toThrow('still not true');
  });
});

describe('the dialler', () => {
  it('finds sockets that are there and those that come', async () => {
    await listen('aaaaaaaa-1.ctl');
    const first = nextArrival();
    await dialler.start();
    expect(await first).toMatchObject({ instanceId: 'aaaaaaaa', generation: 1 });
    const second = nextArrival();
    await listen('bbbbbbbb-7.ctl');
    expect(await second).toMatchObject({ instanceId: 'bbbbbbbb', generation: 7 });
    expect(admitted).toHaveLength(2);
  });

  it('dials again when a proven connection is lost', async () => {
    await listen('aaaaaaaa-1.ctl');
    const first = nextArrival();
    await dialler.start();
    const { raw, prove } = await first;
    prove();
    const second = nextArrival();
    raw.destroy();
    let again = false;
    void second.then(() => (again = true)).catch(() => undefined);
    await advanceUntil(() => again);
    expect(existsSync(dir.file('aaaaaaaa-1.ctl'))).toBe(true);
  });

  it('gives up a socket at which no agent answers, after a lease', async () => {
    await listen('aaaaaaaa-1.ctl');
    dir.park('aaaaaaaa-1.ctl');
    await new Promise((resolve) => servers.get('aaaaaaaa-1.ctl')!.close(resolve));
    servers.clear();
    // What a killed sshd leaves behind: a socket file without a listener.
    expect(dir.reclaim('aaaaaaaa-1.ctl')).toBe(true);
    await dialler.start();
    await clock.advance(14_000);
    expect(existsSync(dir.file('aaaaaaaa-1.ctl'))).toBe(true);
    await advanceUntil(() => !existsSync(dir.file('aaaaaaaa-1.ctl')));
    expect(clock.monotonicMs()).toBeGreaterThan(15_000);
  });

  it('unlinks the sockets of instances that control does not know, after a lease, and leaves other files', async () => {
    owner = { kind: 'unknown' };
    await listen('aaaaaaaa-1.ctl');
    await listen('aaaaaaaa-1.sock');
    writeFileSync(dir.file('bbbbbbbb-1.sock'), 'a file');
    writeFileSync(dir.file('notes.txt'), 'a file');
    await dialler.start();
    await clock.advance(14_000);
    expect(existsSync(dir.file('aaaaaaaa-1.ctl'))).toBe(true);
    await advanceUntil(() => !existsSync(dir.file('aaaaaaaa-1.ctl')));
    await advanceUntil(() => !existsSync(dir.file('aaaaaaaa-1.sock')));
    expect(admitted).toEqual([]);
    expect(existsSync(dir.file('bbbbbbbb-1.sock'))).toBe(true);
    expect(existsSync(dir.file('notes.txt'))).toBe(true);
  });

  it('dials one socket of an instance at a time, and keeps places for instances whose agent is known', async () => {
    const known = Array.from({ length: 20 }, (_, n) => `known${String(n).padStart(3, '0')}`);
    const waiting = Array.from({ length: 60 }, (_, n) => `awaits${String(n).padStart(2, '0')}`);
    ownerOf = (id) => (id.startsWith('known') ? lost : waitingOwner);
    for (const id of waiting) for (const n of [1, 2]) await listen(`${id}-${n}.ctl`);
    const full = arrived(48);
    await dialler.start();
    await full;
    // The newest of each, and no second one of any.
    expect(new Set(admitted.map(({ instanceId }) => instanceId)).size).toBe(48);
    expect(new Set(admitted.map(({ generation }) => generation))).toEqual(new Set([2]));
    const placed = arrived(64);
    for (const id of known) await listen(`${id}-1.ctl`);
    await placed;
    expect(admitted.slice(48).every(({ instanceId }) => instanceId.startsWith('known'))).toBe(true);
    const next = nextArrival();
    admitted.at(-1)!.prove();
    expect((await next).instanceId).toMatch(/^known/);
  });

  it('dials a socket that was just made instead of one that does not answer', async () => {
    await listen('aaaaaaaa-1.ctl');
    const silent = nextArrival();
    await dialler.start();
    const { raw } = await silent;
    const dropped = new Promise((resolve) => raw.on('close', resolve));
    const second = nextArrival();
    await listen('aaaaaaaa-2.ctl');
    expect(await second).toMatchObject({ generation: 2 });
    await dropped;
  });

  it('keeps no more than 8 sockets of a kind of one instance, the one in use among them', async () => {
    await listen('aaaaaaaa-1.ctl');
    const first = nextArrival();
    await dialler.start();
    (await first).prove();
    for (let n = 2; n <= 20; n += 1) await listen(`aaaaaaaa-${n}.ctl`);
    await advanceUntil(() => readdirSync(dir.path).filter((name) => name.endsWith('.ctl')).length <= 8);
    expect(existsSync(dir.file('aaaaaaaa-1.ctl'))).toBe(true);
    expect(existsSync(dir.file('aaaaaaaa-20.ctl'))).toBe(true);
  });

  it('reviews the sockets of an instance whose record has changed', async () => {
    await listen('aaaaaaaa-1.sock');
    await dialler.start();
    const cause = { code: 'agent_lost', message: '' } as const;
    const agent = { processId: 'p', restart: 0, hostname: 'n' };
    const life = { phase: 'lost', agent, state: { status: 'failed', cause }, generation: 1, retired: 0 } as const;
    owner = { kind: 'current', life, linkedGeneration: undefined };
    dialler.review('aaaaaaaa');
    expect(existsSync(dir.file('aaaaaaaa-1.sock'))).toBe(false);
    expect(await dir.listParked()).toEqual(['aaaaaaaa-1.sock']);
    owner = { kind: 'current', life: { ...life, generation: 2, retired: 1 }, linkedGeneration: undefined };
    await clock.advance(2100);
    await advanceUntil(() => !existsSync(join(dir.path, 'parked', 'aaaaaaaa-1.sock')));
  });
});
