// Measures one control under one population: rounds of changes, then a kill and the recovery.

import { setTimeout as delay } from 'node:timers/promises';

import { Scope } from '@fairlead/kit';

import { readProcess, readWrittenBytes } from '../harness/processes.ts';
import type { BenchOptions } from '../harness/result.ts';
import { type ControlProcess, openControlProcess } from './control-process.ts';
import { openPopulation, type Population } from './population.ts';
import type { Heard } from './watchers-worker.ts';

export interface ControlRound extends Heard {
  /** Percent of one core. */
  cpuPercent: number;
  residentMB: number;
  writtenKBPerSecond: number;
  /** Agents whose lease holds. */
  held: number;
}

export interface Restart {
  /** Until it serves again; from its start until all agents were welcomed; until all watchers had their snapshot. */
  servesMs: number;
  agentsMs: number;
  watchersMs: number;
  /** Deployments that are missing, or whose state is not the agent's last report. */
  lost: number;
  /** The highest count of welcomes of one agent: more than one shows a stampede. */
  mostWelcomes: number;
  /** Control's highest memory during the recovery. */
  residentMB: number;
}

export interface ControlMeasured {
  agents: number;
  enrolMs: number;
  rounds: ControlRound[];
  restart: Restart;
}

export interface ControlLoad {
  agents: number;
  watchers: number;
  changesPerSecond: number;
  seconds: number;
  rounds: number;
}

/** Messages in flight at the end of a load arrive within this time. */
const settleMs = 500;

export async function measureControl(
  program: string,
  load: ControlLoad,
  { scope: outer, say }: Pick<BenchOptions, 'scope' | 'say'>,
): Promise<ControlMeasured> {
  await using scope = outer.use(new Scope());
  const control = await openControlProcess(scope, program);
  say(`${load.agents} agents come`);
  const population = await openPopulation(scope, control, load);
  await changes(population, { ...load, seconds: Math.min(1, load.seconds) });
  await delay(settleMs);
  await population.watchers.order('heard');
  const rounds = [];
  for (let round = 0; round < load.rounds; round++) {
    say(`${load.agents} agents: round ${round + 1} of ${load.rounds}`);
    rounds.push(await measureRound(control, population, load));
  }
  say(`${load.agents} agents: control is killed and started again`);
  const restart = await measureRestart(control, population, load);
  return { agents: load.agents, enrolMs: population.enrolMs, rounds, restart };
}

async function changes({ agents }: Population, { changesPerSecond, seconds }: ControlLoad): Promise<void> {
  const perSecond = changesPerSecond / agents.length;
  await Promise.all(agents.map((worker) => worker.order('change', { perSecond, seconds })));
}

async function measureRound(control: ControlProcess, population: Population, load: ControlLoad): Promise<ControlRound> {
  const pid = control.pid();
  const [before, writtenBefore] = [await readProcess(pid), await readWrittenBytes(pid)];
  const startedMs = performance.now();
  await changes(population, load);
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const [after, writtenAfter] = [await readProcess(pid), await readWrittenBytes(pid)];
  await delay(settleMs);
  const heard = await population.watchers.order('heard');
  if (!before || !after) throw new Error('control ended under the load');
  const held = (await population.list())
    .flatMap(({ instances }) => instances)
    .filter(({ leaseUntilMs }) => leaseUntilMs !== undefined).length;
  return {
    ...heard,
    cpuPercent: ((after.cpuSeconds - before.cpuSeconds) * 100) / tookSeconds,
    residentMB: after.residentMB,
    writtenKBPerSecond: (writtenAfter - writtenBefore) / 1000 / tookSeconds,
    held,
  };
}

/** The agents keep reporting changes throughout. */
async function measureRestart(control: ControlProcess, population: Population, load: ControlLoad): Promise<Restart> {
  const { agents, watchers } = population;
  await Promise.all(agents.map((worker) => worker.order('forget')));
  const telling = changes(population, { ...load, seconds: Math.max(2, load.seconds) });
  await control.kill();
  const startedMs = performance.now();
  const since = () => performance.now() - startedMs;
  await control.start();
  const servesMs = since();
  const back = Promise.all(agents.map((worker) => worker.order('back'))).then((all) => ({
    agentsMs: since(),
    mostWelcomes: Math.max(...all.map(({ mostWelcomes }) => mostWelcomes)),
  }));
  const watchersMs = watchers.order('back').then(since);
  const { agentsMs, mostWelcomes } = await back;
  const residentMB = (await readProcess(control.pid()))?.residentMB ?? Number.NaN;
  await telling;
  await delay(settleMs);
  return {
    servesMs,
    agentsMs,
    watchersMs: await watchersMs,
    lost: await countLost(population, load.agents),
    mostWelcomes,
    residentMB,
  };
}

async function countLost(population: Population, wanted: number): Promise<number> {
  const said = Object.assign({}, ...(await Promise.all(population.agents.map((worker) => worker.order('states')))));
  const instances = (await population.list()).flatMap((deployment) => deployment.instances);
  const right = instances.filter(({ id, state }) => {
    const words = state.status === 'degraded' ? state.reason : state.status;
    return words === said[id];
  });
  return wanted - right.length;
}
