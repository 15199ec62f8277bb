// `bench start`: times each step from `deploy` to the first token, with an uploaded agent and a simulator that is ready at once.

import { budgets } from '../harness/budgets.ts';
import { judge } from '../harness/judge.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { openPlace } from './place.ts';
import { timeStart } from './time-start.ts';
import { sinceJobMs, type Timeline, timelineTable } from './timeline.ts';

export interface StartBenchOptions extends BenchOptions {
  rounds: number;
  /** Uses a world of this user even where the testbed can run. */
  world: boolean;
}

export async function runStart({ rounds, world, scope, say }: StartBenchOptions): Promise<BenchResult> {
  say('bringing up the place, building what is not built');
  const place = await openPlace(scope, { world });
  say(`in a ${place.kind}: the first deployment, which uploads`);
  const first = await timeStart(place, 'first');
  const timelines: Timeline[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`start: round ${round + 1} of ${rounds}`);
    timelines.push(await timeStart(place, `r${round}`));
  }
  const where = place.kind === 'testbed' ? 'the testbed (Slurm, OpenSSH, firewall)' : 'a world of this user (no Slurm)';
  return {
    bench: 'start',
    tables: [
      timelineTable(`deploy → first token in ${where}, ms from the command`, timelines),
      timelineTable('the first deployment of all: sets the bastion up and uploads, ms from the command', [first]),
    ],
    verdicts: [judge(timelines.map(sinceJobMs), budgets.firstToken)],
    notes: [
      ...(place.because === undefined ? [] : [`not in the testbed: ${place.because}.`]),
      'resolved: `deploy` said ready; second hop: `connect`, a command of its own started then, said where; first token: a request through it.',
      'tunnels, engine and registration come up side by side.',
    ],
    data: { place: place.kind, first, rounds: timelines },
  };
}
