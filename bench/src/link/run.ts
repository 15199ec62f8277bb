// `bench link`: how soon a consumer is served again after SSH connections are reset, and after their servers freeze.

import { watch } from '@fairlead/client';
import { openWorld, type World } from '@fairlead/testkit';
import { findSshd } from '@fairlead/ssh/local-server';

import { budgets } from '../harness/budgets.ts';
import { judge } from '../harness/judge.ts';
import { descendantsOf, readProcesses } from '../harness/processes.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { quantile, spreadOf } from '../harness/statistics.ts';
import { figure, type Table } from '../harness/table.ts';
import { type LossOptions, type LossRound, measureLosses } from './losses.ts';

export interface LinkOptions extends BenchOptions {
  rounds: number;
}

const deployment = 'bench';
/** Longer than any lease: a recovery that takes longer has failed. */
const timeoutMs = 60_000;

export async function runLinkBench({ rounds, quick, scope, say }: LinkOptions): Promise<BenchResult> {
  if (!(await findSshd()))
    throw new Error('cannot cut SSH connections of a real server because this machine has no sshd');
  const world = scope.use(await openWorld({ bastion: 'sshd' }));
  await world.deploy(deployment);
  const resetMs: number[] = [];
  const frozenMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    resetMs.push(await timeReset(world));
    frozenMs.push(await timeFreeze(world));
  }
  const losses: LossRound[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`streams beside lost connections: round ${round + 1} of ${rounds}`);
    losses.push(await measureLosses(world, lossesOf(quick)));
  }
  const row = (what: string, samples: readonly number[]) => {
    const { median, low, high } = spreadOf(samples);
    return [what, figure(median), figure(low), figure(high)];
  };
  return {
    bench: 'link',
    tables: [
      {
        title: 'a lost link, ms until a consumer hears that the next generation serves',
        columns: ['what', 'median', 'lowest', 'highest'],
        rows: [row('every SSH connection reset', resetMs), row('every sshd session frozen', frozenMs)],
      },
      lossTable(losses),
    ],
    verdicts: [
      judge(resetMs, budgets.linkReset),
      judge(frozenMs, budgets.linkFrozen),
      judge(
        losses.map(({ lost }) => lost),
        budgets.streamsLost,
      ),
      judge(
        losses.map(({ beyondLoginMs }) => beyondLoginMs),
        budgets.outageBeyondLogin,
      ),
    ],
    notes: [
      ...lossNotes,
      "reset: the agent's two tunnels and the consumer's connection end at once, and all log in again.",
      'frozen: their server processes are stopped, so that nothing more comes and nothing is closed, as with a cut cable; the agent has to notice.',
    ],
    data: { resetMs, frozenMs, losses },
  };
}

function lossesOf(quick: boolean): LossOptions {
  return quick
    ? { deployment, streams: 10, resets: 3, resetsOfAll: 1, cutsSeconds: [1] }
    : { deployment, streams: 50, resets: 40, resetsOfAll: 2, cutsSeconds: [5, 20] };
}

function lossTable(losses: readonly LossRound[]): Table {
  const outagesMs = losses.flatMap((round) => round.outagesMs);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    title: "streams of the SDK beside resets of the consumer's connection, ms of outage",
    columns: ['streams', 'lost', 'resets', 'outage p50', 'p99', 'a login'],
    rows: [
      [
        figure(sum(losses.map(({ ended }) => ended))),
        figure(sum(losses.map(({ lost }) => lost))),
        figure(outagesMs.length),
        figure(quantile(outagesMs, 0.5)),
        figure(quantile(outagesMs, 0.99)),
        figure(
          quantile(
            losses.map(({ loginMs }) => loginMs),
            0.5,
          ),
        ),
      ],
    ],
  };
}

const lossNotes = [
  "streams: each has 400 tokens, and is whole when each has come once. Lost are counted beside resets of the consumer's connection, resets of every connection, and connections that stand still for 5 and 20 s.",
  'a login: what a list takes by the SDK, from its start to the answer of control.',
];

async function timeReset(world: World): Promise<number> {
  const seen = watchGenerations(world);
  const before = await seen.next();
  const beganMs = performance.now();
  await world.bastion.dropSessions();
  await seen.after(before);
  return performance.now() - beganMs;
}

/** Continues the stopped processes afterwards: their clients have disconnected. */
async function timeFreeze(world: World): Promise<number> {
  const before = await watchGenerations(world).first();
  const sessions = descendantsOf(process.pid, await readProcesses()).filter(({ argv }) => argv.startsWith('sshd'));
  const beganMs = performance.now();
  for (const { pid } of sessions) process.kill(pid, 'SIGSTOP');
  try {
    await watchGenerations(world).after(before);
    return performance.now() - beganMs;
  } finally {
    for (const { pid } of sessions) process.kill(pid, 'SIGCONT');
  }
}

/** Yields each generation of the deployment when a consumer learns that it serves. */
function watchGenerations({ profileFile, home }: World) {
  const signal = AbortSignal.timeout(timeoutMs);
  const generations = (async function* () {
    for await (const event of watch({ profile: profileFile, env: { HOME: home }, signal })) {
      const told = event.type === 'deployments.listed' ? event.deployments : [];
      for (const { name, isServing, instances } of event.type === 'deployment.changed' ? [event.deployment] : told)
        for (const { generation } of name === deployment && isServing ? instances : [])
          if (generation !== undefined) yield generation;
    }
    throw new Error('the watch ended');
  })();
  const next = async () => Number((await generations.next()).value);
  const leave = () => generations.return(undefined as never);
  return {
    next,
    async first() {
      const generation = await next();
      await leave();
      return generation;
    },
    async after(former: number) {
      while ((await next()) <= former);
      await leave();
    },
  };
}
