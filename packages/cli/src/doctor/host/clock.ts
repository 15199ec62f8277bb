// How far another machine's clock is from this one's, by asking it for the time and halving the way.

import type { Host } from '@fairlead/launch';
import { askHost, type AskOptions } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';

const warnMs = 10_000;
const failMs = 60_000;

export async function askClock(host: Host, now: () => number, options: AskOptions): Promise<Finding> {
  const askedMs = now();
  const answers = await askHost(host, 'echo "now=$(date +%s)"', [], options);
  const answeredMs = now();
  // Whole seconds: the middle of the second that was told.
  const theirsMs = Number(answers.get('now')) * 1000 + 500;
  return judgeClock(theirsMs - (askedMs + answeredMs) / 2, host.label);
}

/** `offsetMs`: how far theirs is ahead. */
export function judgeClock(offsetMs: number, whose: string): Finding {
  if (!Number.isFinite(offsetMs)) return warn(`${whose} does not tell the time`, 'Look at `date` there.');
  const text = `the clock of ${whose} is ${describe(offsetMs)}`;
  const todo =
    'One of the two clocks is wrong: turn on time synchronisation (NTP) on this machine, or ask the operator of the host.';
  if (Math.abs(offsetMs) >= failMs) return fail(text, todo);
  return Math.abs(offsetMs) >= warnMs ? warn(text, todo) : passed(text);
}

function describe(offsetMs: number): string {
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  if (seconds <= 1) return 'right to a second';
  return `${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine's`;
}
