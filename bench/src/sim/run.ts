// `bench sim`: how many SSE events the simulator sends per second of its CPU time, to show that it is not the limit in the other benches.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { errnoOf, type Scope } from '@fairlead/kit';

import type { LoadOrders } from '../double-hop/load-worker.ts';
import { budgets } from '../harness/budgets.ts';
import { judge } from '../harness/judge.ts';
import { readProcess } from '../harness/processes.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { median } from '../harness/statistics.ts';
import { figure } from '../harness/table.ts';
import { openWorker } from '../harness/worker.ts';

const simMain = fileURLToPath(import.meta.resolve('@fairlead/engine-sim/main'));
const loadWorker = fileURLToPath(new URL('../double-hop/load-worker.ts', import.meta.url));

export interface SimOptions extends BenchOptions {
  streams: readonly number[];
  seconds: number;
  rounds: number;
}

interface Round {
  eventsPerCpuSecond: number;
  eventsPerSecond: number;
  residentMB: number;
}

export async function runSim({ streams, seconds, rounds, scope, say }: SimOptions): Promise<BenchResult> {
  const sim = await openSim(scope);
  const load = scope.use(await openWorker<LoadOrders>(loadWorker));
  await load.order('open', { way: 'sim', address: { kind: 'raw', raw: { address: { path: sim.socket }, key: '' } } });
  const measure = async (count: number, forSeconds: number): Promise<Round> => {
    const before = await readProcess(sim.pid);
    const flow = await load.order('streams', { way: 'sim', streams: count, seconds: forSeconds, decodeMs: 1 });
    const after = await readProcess(sim.pid);
    const cpuSeconds = (after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0);
    return {
      eventsPerCpuSecond: flow.allTokens / cpuSeconds,
      eventsPerSecond: flow.tokensPerSecond,
      residentMB: after?.residentMB ?? Number.NaN,
    };
  };
  const results = [];
  for (const count of streams) {
    await measure(count, seconds / 2);
    const seen: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      say(`simulator, ${count} streams: round ${round + 1} of ${rounds}`);
      seen.push(await measure(count, seconds));
    }
    results.push({ streams: count, rounds: seen });
  }
  return {
    bench: 'sim',
    tables: [
      {
        title: 'simulator, one token a millisecond asked of each stream',
        columns: ['streams', 'events/s of a core', 'events/s here', 'resident MB'],
        rows: results.map((result) => [
          String(result.streams),
          ...(['eventsPerCpuSecond', 'eventsPerSecond', 'residentMB'] as const).map((name) =>
            figure(median(result.rounds.map((round) => round[name]))),
          ),
        ]),
      },
    ],
    verdicts: results.map((result) =>
      judge(
        result.rounds.map(({ eventsPerCpuSecond }) => eventsPerCpuSecond),
        { ...budgets.simEvents, what: `${budgets.simEvents.what}, ${result.streams} streams` },
      ),
    ),
    notes: [
      'an event is one token; events of one stream that are due together travel in one write, as in any engine that is late.',
    ],
    data: { streams: results },
  };
}

async function openSim(scope: Scope): Promise<{ pid: number; socket: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'fl-sim-'));
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  const socket = join(dir, 's.sock');
  const argv = [simMain, 'serve', 'demo', '--uds', socket, '--disable-uvicorn-access-log'];
  const child = spawn(process.execPath, ['--conditions=fairlead-source', ...argv], { stdio: 'ignore' });
  scope.defer(async () => {
    const gone = once(child, 'exit');
    if (child.kill('SIGKILL')) await gone;
  });
  await answering(socket);
  return { pid: child.pid ?? 0, socket };
}

async function answering(socket: string): Promise<void> {
  for (;;) {
    const tried = connect(socket);
    try {
      await once(tried, 'connect');
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ECONNREFUSED') throw error;
      await delay(20);
    } finally {
      tried.destroy();
    }
  }
}
