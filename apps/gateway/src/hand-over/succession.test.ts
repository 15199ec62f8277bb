import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type LogFields, silentLog } from '@fairlead/kit';
import { expect, it, onTestFinished } from 'vitest';

import { askStatus } from '../operator/ask-operator.ts';
import { openOperatorServer, operatorSocket } from '../operator/operator-server.ts';
import { claimServing } from '../store/claim-serving.ts';
import { usageRecord } from '../testing/usage-record.ts';
import { askHandOver, askRestart } from './ask-hand-over.ts';
import type { SettledElsewhere } from './settled-elsewhere.ts';
import { Succession, type SuccessionDeps } from './succession.ts';

const status = () => ({ startedMs: 1, address: 'a', connections: 0, waiting: 0, models: [], instances: [] });
const pid = 4_711;
const nowMs = 1_000_000;

/** A process that serves, as far as it can hand over. */
async function openServing(stateDir: string, deps: Partial<SuccessionDeps> = {}, databaseProblem?: string) {
  const seen: string[] = [];
  const settled: SettledElsewhere[] = [];
  const told = Promise.withResolvers<void>();
  const drain = Promise.withResolvers<void>();
  const claim = new DisposableStack();
  claim.use(claimServing(stateDir, pid));
  writeFileSync(join(stateDir, 'usage.journal'), '');
  const published = { [Symbol.asyncDispose]: async () => void seen.push('publishers left') };
  const succession = new Succession({
    stateDir,
    pid,
    onHandedOver: () => void seen.push('handed over'),
    log: silentLog,
    ...deps,
  });
  const operator = await openOperatorServer({
    stateDir,
    status,
    orders: {
      handOver: () =>
        succession.handOver({
          listeners: [operator],
          published,
          claim,
          relay: { drain: () => drain.promise },
          recorder: { state: { databaseProblem } },
        }),
      restart: () => succession.restart(),
      noteSettled(more) {
        settled.push(...more);
        told.resolve();
      },
    },
    now: () => nowMs,
    log: silentLog,
  });
  onTestFinished(async () => {
    claim.dispose();
    await operator[Symbol.asyncDispose]();
  });
  return { succession, seen, settled, told: told.promise, drain };
}

function openStateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fl-hand-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('A process that hands over lets go of all that its successor needs, and tells it what it settles later', async () => {
  const stateDir = openStateDir();
  const first = await openServing(stateDir);
  first.succession.noteSettled([usageRecord({ requestId: 'before' })]);
  await askHandOver(stateDir, nowMs);
  expect(first.seen).toEqual(['publishers left', 'handed over']);
  expect(existsSync(join(stateDir, `usage.${pid}.journal`))).toBe(true);
  const second = await openServing(stateDir);
  first.succession.noteSettled([usageRecord({ requestId: 'behind', promptTokens: 1, completionTokens: 2 })]);
  await second.told;
  expect(second.settled).toMatchObject([{ keyId: 'k', member: 'bob', tokens: 3 }]);
  first.drain.resolve();
  await first.succession.drained;
  // Its own listener is gone, the successor's is there.
  expect(existsSync(operatorSocket(stateDir))).toBe(true);
});

it('Where no process serves, there is nothing to hand over', async () => {
  const stateDir = openStateDir();
  await expect(askHandOver(stateDir, nowMs)).resolves.toBeUndefined();
});

it('A process that has handed over refuses to do it again', async () => {
  const stateDir = openStateDir();
  const { succession } = await openServing(stateDir);
  const nothing = {
    listeners: [],
    published: undefined,
    claim: new DisposableStack(),
    relay: { drain: () => Promise.resolve() },
    recorder: { state: { databaseProblem: undefined } },
  };
  await succession.handOver(nothing);
  await expect(succession.handOver(nothing)).rejects.toThrow('already');
});

it('A process that is stopped does not keep its successor, or who asks for its state, waiting for ever', async () => {
  const stateDir = openStateDir();
  const silent = createServer();
  silent.listen(operatorSocket(stateDir));
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  await expect(askHandOver(stateDir, nowMs, 20)).rejects.toThrow('it has not answered for 0.02 s');
  await expect(askStatus(stateDir, 20)).rejects.toThrow('it has not answered for 0.02 s');
});

it('A process that was stopped does not hand over to one that has given up', async () => {
  const stateDir = openStateDir();
  const { seen, succession } = await openServing(stateDir);
  const longAgoMs = nowMs - 60_000;
  await expect(askHandOver(stateDir, longAgoMs, 30_000)).rejects.toThrow('has given up since');
  expect([succession.isOver, seen]).toEqual([false, []]);
});

it('A process on a full disk serves on: its successor could not be opened', async () => {
  const stateDir = openStateDir();
  const { seen, succession } = await openServing(stateDir, {}, 'database or disk is full');
  await expect(askHandOver(stateDir, nowMs)).rejects.toThrow(
    'usage cannot be written to the database: database or disk',
  );
  expect([succession.isOver, seen]).toEqual([false, []]);
});

it('A process whose journal cannot be put aside serves on, and hands over later', async () => {
  const stateDir = openStateDir();
  const { succession } = await openServing(stateDir);
  rmSync(join(stateDir, 'usage.journal'));
  await expect(askHandOver(stateDir, nowMs)).rejects.toThrow('ENOENT');
  expect(succession.isOver).toBe(false);
  writeFileSync(join(stateDir, 'usage.journal'), '');
  await askHandOver(stateDir, nowMs);
  expect(succession.isOver).toBe(true);
});

it('A successor that is gone is no reason to fail: the log tells that it was not told', async () => {
  const told = Promise.withResolvers<LogFields>();
  const stateDir = openStateDir();
  const { succession } = await openServing(stateDir, { log: { ...silentLog, warn: told.resolve } });
  await askHandOver(stateDir, nowMs);
  succession.noteSettled([usageRecord({ requestId: 'a' })]);
  expect(await told.promise).toMatchObject({ op: 'gateway.settled', ok: false });
});

it.each<[string, SuccessionDeps['startSuccessor'], RegExp]>([
  ['that nothing can start another one', undefined, /it was not started by `fairlead gateway serve`/],
  ['why its successor failed', () => Promise.reject(new Error('the bastion is away')), /the bastion is away/],
])('Who asks for another process is told %s', async (_title, startSuccessor, message) => {
  const stateDir = openStateDir();
  await openServing(stateDir, { startSuccessor });
  await expect(askRestart(stateDir)).rejects.toMatchObject({
    code: 'gateway_restart_failed',
    message: expect.stringMatching(message),
  });
});

it('A process is not drained before its restart is answered', async () => {
  const stateDir = openStateDir();
  const successor = Promise.withResolvers<void>();
  const { succession, drain } = await openServing(stateDir, { startSuccessor: () => successor.promise });
  const asked = askRestart(stateDir);
  await askHandOver(stateDir, nowMs);
  drain.resolve();
  const order: string[] = [];
  const both = Promise.all([
    asked.then(() => order.push('answered')),
    succession.drained.then(() => order.push('drained')),
  ]);
  expect(order).toEqual([]);
  successor.resolve();
  await both;
  expect([...order].sort()).toEqual(['answered', 'drained']);
});
