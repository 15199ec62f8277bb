// `bench nodes`: the shipped agents of a job over several nodes, on one machine: what two and eight nodes add to a start, what a worker needs, and
// a leader with 63 others. The links of the 63 are real; one process of this bench plays them, because the machine has not room for
// 63 agents with their engines.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { Scope } from '@fairlead/kit';
import {
  controlIdentity,
  nodeEnvironment,
  openAgentWorld,
  openFakeControl,
  openManyWorkers,
} from '@fairlead/node-agent/testing';
import { decodeText, instanceSpec } from '@fairlead/protocol';
import { readFile } from 'node:fs/promises';

import { budgets } from '../harness/budgets.ts';
import { built, type BuiltProgram } from '../harness/built.ts';
import { judge } from '../harness/judge.ts';
import { readProcess } from '../harness/processes.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { spreadOf } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';

export interface NodesOptions extends BenchOptions {
  rounds: number;
  nodes: number;
  /** How long agents are idle before their memory is read. */
  seconds: number;
}

type Programs = Record<Extract<BuiltProgram, 'agent' | 'engine-sim'>, string>;

interface Round {
  oneNodeMs: number;
  twoNodesMs: number;
  eightNodesMs: number;
  workerMB: number;
  joinedMs: number;
  leaderMB: number;
}

export async function runNodesBench(options: NodesOptions): Promise<BenchResult> {
  const { rounds, nodes, say } = options;
  say('building what is not built');
  const programs = { agent: await built('agent'), 'engine-sim': await built('engine-sim') };
  const measured: Round[] = [];
  for (let round = -1; round < rounds; round++) {
    say(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
    const figures = await measureRound(programs, options);
    // The first round is the warm-up.
    if (round >= 0) measured.push(figures);
  }
  const all = (pick: (round: Round) => number) => measured.map(pick);
  return {
    bench: 'nodes',
    tables: [tableOf(measured, nodes)],
    verdicts: [
      judge(
        all(({ oneNodeMs, twoNodesMs }) => twoNodesMs - oneNodeMs),
        budgets.nodesOverhead,
      ),
      judge(
        all(({ oneNodeMs, eightNodesMs }) => eightNodesMs - oneNodeMs),
        budgets.eightNodesOverhead,
      ),
      judge(
        all(({ workerMB }) => workerMB),
        budgets.workerResident,
      ),
      judge(
        all(({ joinedMs }) => joinedMs),
        budgets.nodesJoined,
      ),
      judge(
        all(({ leaderMB }) => leaderMB),
        budgets.leaderResident,
      ),
    ],
    notes: [
      'all agents run on this machine: on a cluster each has the cores of its own node.',
      `the other ${nodes - 1} nodes are links of one process, which answer as workers do.`,
    ],
    data: { rounds: measured },
  };
}

async function measureRound(programs: Programs, options: NodesOptions): Promise<Round> {
  const { nodes, seconds } = options;
  const scope = () => options.scope.use(new Scope());
  const one = await startOver(1, { programs, scope: scope(), seconds: 0 });
  const two = await startOver(2, { programs, scope: scope(), seconds });
  const eight = await startOver(8, { programs, scope: scope(), seconds: 0 });
  const many = await joinMany(nodes, { programs, scope: scope(), seconds });
  return {
    oneNodeMs: one.readyMs,
    twoNodesMs: two.readyMs,
    eightNodesMs: eight.readyMs,
    workerMB: two.lastMB,
    ...many,
  };
}

function tableOf(measured: readonly Round[], nodes: number): Table {
  const row = (name: string, pick: (round: Round) => number) => {
    const { median, low, high } = spreadOf(measured.map(pick));
    return [name, figure(median), figure(low), figure(high)];
  };
  return {
    title: 'several nodes',
    columns: ['figure', 'median', 'lowest', 'highest'],
    rows: [
      row('one node: start → ready, simulator ready at once, ms', ({ oneNodeMs }) => oneNodeMs),
      row('two nodes: start → ready, ms', ({ twoNodesMs }) => twoNodesMs),
      row('eight nodes: start → ready, ms', ({ eightNodesMs }) => eightNodesMs),
      row('worker, resident, MB', ({ workerMB }) => workerMB),
      row(`${nodes} nodes: start of the leader → all joined, ms`, ({ joinedMs }) => joinedMs),
      row(`${nodes} nodes: leader, resident, MB`, ({ leaderMB }) => leaderMB),
    ],
  };
}

interface Surroundings {
  programs: Programs;
  scope: Scope;
  seconds: number;
}

/** Starts an agent for each node at the same time; reads the memory of the last one when all have been idle for a while. */
async function startOver(nodes: number, { programs, scope, seconds }: Surroundings) {
  await using _ = scope;
  const { control, path } = await openJob(nodes, scope);
  const startedMs = performance.now();
  const ranks = Array.from({ length: nodes }, (_each, rank) => rank);
  const agents = ranks.map((rank) => startAgent({ path, programs, env: nodeEnvironment(rank, nodes) }));
  endWith(scope, agents);
  await control.heard('instance.reported', ({ state }) => state.status === 'ready');
  const readyMs = performance.now() - startedMs;
  await delay(seconds * 1000);
  return { readyMs, lastMB: await residentMB(agents.at(-1)) };
}

async function joinMany(nodes: number, { programs, scope, seconds }: Surroundings) {
  await using _ = scope;
  const { path } = await openJob(nodes, scope);
  const decoded = decodeText(instanceSpec, await readFile(path, 'utf8'));
  if (!decoded.ok) throw new Error(`the spec of the bench cannot be read: ${decoded.path} ${decoded.message}`);
  const startedMs = performance.now();
  const leader = startAgent({ path, programs, env: nodeEnvironment(0, nodes) });
  endWith(scope, [leader]);
  const workers = scope.use(openManyWorkers(decoded.value, nodes));
  await workers.joined;
  const joinedMs = performance.now() - startedMs;
  await workers.started;
  await delay(seconds * 1000);
  return { joinedMs, leaderMB: await residentMB(leader) };
}

async function openJob(nodes: number, scope: Scope) {
  const world = scope.use(await openAgentWorld());
  const control = scope.use(await openFakeControl({ runDir: world.runDir, identity: controlIdentity }));
  const engine = { name: 'sim', nodes, args: [], stopLimitSeconds: 1 };
  return { control, path: await world.writeSpec({ engine }) };
}

interface Start {
  path: string;
  programs: Programs;
  env: Record<string, string>;
}

function startAgent({ path, programs, env }: Start): ChildProcess {
  // As packages/launch/src/job/job-files.ts starts it.
  const node = ['--disable-sigusr1', '--max-semi-space-size=2'];
  const argv = [...node, programs.agent, '--spec', path, '--engine-sim', programs['engine-sim']];
  return spawn(process.execPath, argv, { stdio: 'ignore', env: { PATH: process.env['PATH'] ?? '', ...env } });
}

/** All at once: a worker leaves when its leader does. */
function endWith(scope: Scope, agents: readonly ChildProcess[]): void {
  const gone = agents.map((agent) => once(agent, 'exit'));
  scope.defer(async () => {
    for (const agent of agents) agent.kill('SIGINT');
    await Promise.all(gone);
  });
}

async function residentMB(agent: ChildProcess | undefined): Promise<number> {
  const seen = await readProcess(agent?.pid ?? 0);
  if (!seen) throw new Error('an agent ended while it was measured');
  return seen.residentMB;
}
