// `bench control`: the shipped control alone, under hundreds and thousands of agents and a hundred watchers.

import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';

import { budgets } from '../harness/budgets.ts';
import { built } from '../harness/built.ts';
import { judge, type Judged } from '../harness/judge.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { median } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';
import { type ControlMeasured, type ControlRound, measureControl } from './measure.ts';

export interface ControlBenchOptions extends BenchOptions {
  agents: readonly number[];
  watchers: number;
  changes: number;
  seconds: number;
  rounds: number;
}

export async function runControlBench(options: ControlBenchOptions): Promise<BenchResult> {
  const { watchers, changes, seconds, rounds, say } = options;
  say('building what is not built');
  const program = await built('control');
  const measured: ControlMeasured[] = [];
  const notes = [
    `each agent: two sockets, TLS, the agent's messages, a heartbeat every 5 s; ${watchers} watchers, ${changes} changes a second, ${rounds} rounds of ${seconds} s.`,
    'disk: what the kernel counts as written for control (write_bytes of /proc/<pid>/io).',
    'end to end a real agent costs the bastion 2 sshd processes of about 2 MB each besides.',
  ];
  for (const agents of options.agents) {
    const missing = await whyNot(agents);
    if (missing !== undefined) notes.push(`${agents} agents were left out: ${missing}.`);
    else
      measured.push(
        await measureControl(program, { agents, watchers, changesPerSecond: changes, seconds, rounds }, options),
      );
  }
  return {
    bench: 'control',
    tables: [loadTable(measured), restartTable(measured)],
    verdicts: measured.filter(({ agents }) => agents === budgets.controlAgents.atLeast).flatMap(verdictsOf),
    notes,
    data: { agents: measured },
  };
}

function loadTable(measured: readonly ControlMeasured[]): Table {
  return {
    title: 'control under load (medians of the rounds)',
    columns: [
      'agents',
      'hold',
      'every watcher p50 ms',
      'p99',
      'any p50',
      'p99',
      'CPU %',
      'resident MB',
      'disk kB/s',
      'resyncs',
    ],
    rows: measured.map(({ agents, rounds }) => {
      const of = (read: (round: ControlRound) => number) => figure(median(rounds.map(read)));
      return [
        String(agents),
        of(({ held }) => held),
        of(({ everyMs }) => everyMs.p50),
        of(({ everyMs }) => everyMs.p99),
        of(({ anyMs }) => anyMs.p50),
        of(({ anyMs }) => anyMs.p99),
        of(({ cpuPercent }) => cpuPercent),
        of(({ residentMB }) => residentMB),
        of(({ writtenKBPerSecond }) => writtenKBPerSecond),
        of(({ resyncs }) => resyncs),
      ];
    }),
  };
}

function restartTable(measured: readonly ControlMeasured[]): Table {
  return {
    title: 'control killed under that load and started again (ms from its start)',
    columns: [
      'agents',
      'first enrolment of all',
      'serves',
      'all agents back',
      'all watchers',
      'lost',
      'most welcomes',
      'resident MB',
    ],
    rows: measured.map(({ agents, enrolMs, restart }) => [
      String(agents),
      ...[enrolMs, restart.servesMs, restart.agentsMs, restart.watchersMs].map(figure),
      String(restart.lost),
      String(restart.mostWelcomes),
      figure(restart.residentMB),
    ]),
  };
}

function verdictsOf({ rounds }: ControlMeasured): Judged[] {
  return [
    judge(
      // The budget is for one core: scales a figure that used more.
      rounds.map(({ held, cpuPercent }) => (cpuPercent > 100 ? (held * 100) / cpuPercent : held)),
      budgets.controlAgents,
    ),
    judge(
      rounds.map(({ everyMs }) => everyMs.p99),
      budgets.controlDelay,
    ),
    judge(
      rounds.map(({ residentMB }) => residentMB),
      budgets.controlResident,
    ),
  ];
}

const mbPerAgent = 0.4;
const filesBesideAgents = 500;

/** Which resource of this machine is too small for this number of agents. */
async function whyNot(agents: number): Promise<string | undefined> {
  const neededMB = 500 + agents * mbPerAgent;
  if (freemem() / 1e6 < neededMB) return `${Math.round(neededMB)} MB of free memory are needed`;
  const limits = await readFile('/proc/self/limits', 'utf8');
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  const neededFiles = agents + filesBesideAgents;
  return files < neededFiles ? `${neededFiles} open files are needed, ${files} are allowed (ulimit -n)` : undefined;
}
