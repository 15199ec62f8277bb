// The dialler on a real directory with real sockets, and a clock that stands still until told.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Listeners, silentLog } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SocketOwner } from '../domain/decide-socket.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Dialler } from './dialler.ts';
import { RunDir } from './run-dir.ts';

interface Admitted {
  raw: Socket;
  instanceId: string;
  generation: number;
  prove: () => void;
}

const WAITING: SocketOwner = {
  kind: 'current',
  life: { phase: 'waiting', state: { status: 'submitted' }, retired: 0 },
  linkedGeneration: undefined,
};

let root: string;
let dir: RunDir;
let clock: ManualClock;
let dialler: Dialler;
let owner: SocketOwner;
const servers = new Map<string, Server>();
const admitted: Admitted[] = [];
const arrivals = new Listeners<Admitted>();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fl-dial-'));
  dir = new RunDir(join(root, 'run'));
  clock = new ManualClock();
  owner = WAITING;
  dialler = new Dialler({
    runDir: dir,
    clock,
    log: silentLog,
    random: () => 0.5,
    leaseMs: 15_000,
    ownerOf: () => owner,
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

/** Lets time pass until something is true of the directory; sockets answer in their own time. */
async function advanceUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await clock.advance(100);
}

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

  it('gives up a socket at which nobody answers, after a lease', async () => {
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

  it('unlinks the sockets of instances that nobody knows, after a lease, and leaves other files', async () => {
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

  it('dials no more than 64 unproven at once', async () => {
    for (let n = 0; n < 70; n += 1) await listen(`aaaaaaaa-${n + 1}.ctl`);
    let arrived = 0;
    const sixtyFour = new Promise<void>((resolve) => arrivals.add(() => (arrived += 1) === 64 && resolve()));
    await dialler.start();
    await sixtyFour;
    await clock.advance(100);
    expect(admitted).toHaveLength(64);
    const next = nextArrival();
    admitted[0]!.prove();
    await next;
    expect(admitted).toHaveLength(65);
  });

  it('looks again at an instance whose truth has changed', async () => {
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
