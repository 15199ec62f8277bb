// How an agent's clock differs from ours, and its times set right by it. All clocks of one cluster are taken for the same
// (munge refuses credentials over 5 min old: https://github.com/dun/munge/wiki/Man-8-munged), so the scheduler's too.

import { type AgentHello, clampTime, type InstanceReported } from '@fairlead/protocol';

/** Smaller differences can come from the hello's time on the way and from a busy host. */
const toleratedMs = 10_000;

/** What to add to the agent's times, at most 100 years. 0 if the clocks agree, or if the agent did not send its time. */
export function clockSkewMs({ clockMs }: Pick<AgentHello, 'clockMs'>, now: number): number {
  if (clockMs === undefined) return 0;
  const skewMs = clampTime(Math.round(now - clockMs));
  return Math.abs(skewMs) <= toleratedMs ? 0 : skewMs;
}

export function describeSkew(hostname: string, skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const way = skewMs > 0 ? 'behind' : 'ahead of';
  return `The clock of ${hostname} is ${seconds} s ${way} the bastion's; the times that its agent tells are set right by that.`;
}

/** Returns a time that can be stored, whatever the input. */
export function correctTime(atMs: number, skewMs: number): number {
  return clampTime(atMs + skewMs);
}

export function correctReport(report: InstanceReported, skewMs: number): InstanceReported {
  if (skewMs === 0) return report;
  const { state, deadlineMs } = report;
  return {
    ...report,
    ...(deadlineMs === undefined ? {} : { deadlineMs: correctTime(deadlineMs, skewMs) }),
    state: state.status === 'draining' ? { ...state, untilMs: correctTime(state.untilMs, skewMs) } : state,
  };
}
