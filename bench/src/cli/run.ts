// `bench cli`: how long a user waits for the built commands, compared with an empty Node program.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { openWorld, type World } from '@fairlead/testkit';

import { budgets } from '../harness/budgets.ts';
import { built } from '../harness/built.ts';
import { judge } from '../harness/judge.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { spreadOf } from '../harness/statistics.ts';
import { figure } from '../harness/table.ts';

const run = promisify(execFile);

export interface CliBenchOptions extends BenchOptions {
  rounds: number;
  /** Runs of each command per round, in turn. */
  runs: number;
}

const login = 'ssh, nothing but a login';

export async function runCli({ rounds, runs, scope, say }: CliBenchOptions): Promise<BenchResult> {
  say('building what is not built');
  const main = await built('cli');
  say('deploying into a world of this machine');
  const world = scope.use(await openWorld());
  await world.deploy('a');
  const commands: Record<string, readonly string[]> = {
    'node, nothing': [process.execPath, '-e', '0'],
    [login]: sshWords(world),
    '--help': [process.execPath, main, '--help'],
    list: [process.execPath, main, 'list'],
  };
  const seen: Record<string, number[]> = {};
  for (const argv of Object.values(commands)) await timeMs(argv, world.env);
  for (let round = 0; round < rounds; round++) {
    say(`commands: round ${round + 1} of ${rounds}`);
    const ofRound: Record<string, number[]> = {};
    for (let turn = 0; turn < runs; turn++)
      for (const [name, argv] of Object.entries(commands)) (ofRound[name] ??= []).push(await timeMs(argv, world.env));
    for (const [name, times] of Object.entries(ofRound)) (seen[name] ??= []).push(spreadOf(times).median);
  }
  return {
    bench: 'cli',
    tables: [
      {
        title: `commands of the built package, ms (${rounds} rounds, medians of ${runs} runs each)`,
        columns: ['command', 'median', 'lowest', 'highest'],
        rows: Object.entries(seen).map(([name, times]) => {
          const { median, low, high } = spreadOf(times);
          return [name, figure(median), figure(low), figure(high)];
        }),
      },
    ],
    verdicts: [
      judge(seen['--help'] ?? [], budgets.cliHelp),
      judge(ratios(seen['list'] ?? [], seen[login] ?? []), budgets.cliList),
    ],
    notes: [
      'list logs in by SSH, opens a channel to control and asks: a whole login each time, beside which stands what OpenSSH takes for one.',
    ],
    data: { commands: seen },
  };
}

/** Round by round. */
function ratios(times: readonly number[], references: readonly number[]): number[] {
  return times.map((time, round) => time / (references[round] ?? Number.NaN));
}

function sshWords({ dir, bastion }: World): string[] {
  const options = ['BatchMode=yes', `UserKnownHostsFile=${join(dir, 'known_hosts')}`].flatMap((option) => [
    '-o',
    option,
  ]);
  const who = ['-p', String(bastion.port), `${bastion.user}@${bastion.host}`];
  return ['ssh', '-Fnone', '-i', join(dir, 'id_ed25519'), ...options, ...who, 'true'];
}

async function timeMs([program = '', ...argv]: readonly string[], env: Record<string, string>): Promise<number> {
  const startedMs = performance.now();
  await run(program, argv, { env });
  return performance.now() - startedMs;
}
