// `bench agent`: the shipped agent with a real sshd, a real engine process, and a fake control that records the messages.

import { Scope } from '@fairlead/kit';

import { budgets } from '../harness/budgets.ts';
import { built } from '../harness/built.ts';
import { judge } from '../harness/judge.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { spreadOf } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';
import { type Flood, measureFlood } from './flood.ts';
import { startAgent } from './start-agent.ts';
import { type Idle, measureIdle } from './idle.ts';

export interface AgentOptions extends BenchOptions {
  rounds: number;
  /** Length of the idle measurement. */
  seconds: number;
  /** How long the engine floods the log. */
  floodSeconds: number;
}

const floodMbPerSecond = 50;

export async function runAgentBench(options: AgentOptions): Promise<BenchResult> {
  const { rounds, seconds, floodSeconds, say } = options;
  say('building what is not built');
  const programs = { agent: await built('agent'), engineSim: await built('engine-sim') };
  const starts: Start[] = [];
  for (let round = -1; round < rounds; round++) {
    if (round >= 0) say(`start: round ${round + 1} of ${rounds}`);
    await using scope = options.scope.use(new Scope());
    const { firstHeartbeatMs, readyMs } = await startAgent(scope, programs);
    // The first round is the warm-up.
    if (round >= 0) starts.push({ firstHeartbeatMs, readyMs: await readyMs });
  }
  const agent = await startAgent(options.scope, programs);
  await agent.readyMs;
  say(`idle for ${seconds} s`);
  const idle = await measureIdle(agent.pid, { seconds, windows: rounds });
  say(`an engine log of ${floodMbPerSecond} MB/s for ${floodSeconds} s`);
  const flood: Flood[] = [];
  for (let window = 0; window < rounds; window++)
    flood.push(await measureFlood(agent, { seconds: floodSeconds / rounds, megabytesPerSecond: floodMbPerSecond }));
  return {
    bench: 'agent',
    tables: [tableOf(starts, idle, flood)],
    verdicts: [
      judge(
        starts.map(({ firstHeartbeatMs }) => firstHeartbeatMs),
        budgets.agentHeartbeat,
      ),
      judge(idle.residentMB, budgets.agentResident),
      judge(idle.percent, budgets.agentIdle),
      judge(
        flood.map(({ percent }) => percent),
        budgets.agentFlood,
      ),
      judge(
        flood.map(({ residentMB }) => residentMB),
        budgets.agentFloodResident,
      ),
    ],
    notes: [
      'the first heartbeat is the first report after the welcome: what renews the lease for the first time.',
      'the engine itself (a simulator that prints) is another process and not counted.',
    ],
    data: { starts, idle, flood },
  };
}

interface Start {
  firstHeartbeatMs: number;
  readyMs: number;
}

function tableOf(starts: readonly Start[], idle: Idle, flood: readonly Flood[]): Table {
  const row = (name: string, samples: readonly number[]) => {
    const { median, low, high } = spreadOf(samples);
    return [name, figure(median), figure(low), figure(high)];
  };
  const heartbeats = starts.map(({ firstHeartbeatMs }) => firstHeartbeatMs);
  const ready = starts.map(({ readyMs }) => readyMs);
  return {
    title: 'agent',
    columns: ['figure', 'median', 'lowest', 'highest'],
    rows: [
      row('start → first heartbeat, ms', heartbeats),
      row('start → ready, simulator ready at once, ms', ready),
      row('resident, MB', idle.residentMB),
      row('idle, % of a core', idle.percent),
      row(
        `engine log, MB/s taken of ${floodMbPerSecond}`,
        flood.map(({ takenMBPerSecond }) => takenMBPerSecond),
      ),
      row(
        'engine log, % of a core',
        flood.map(({ percent }) => percent),
      ),
      row(
        'engine log, resident, MB',
        flood.map(({ residentMB }) => residentMB),
      ),
    ],
  };
}
