// How an agent's clock differs from ours, and its times set right by it. All clocks of one cluster are taken for the same
// (munge refuses credentials over 5 min old: https://github.com/dun/munge/wiki/Man-8-munged), so the scheduler's too.

import { type AgentHello, clampTime, type InstanceReported } from '@fairlead/protocol';

/** A hello on its way, or kept waiting by a busy host, is no difference of clocks. */
const toleratedMs = 10_000;

/** What has to be added to the agent's times, at most 100 years; 0 where the clocks agree or it does not tell its own. */
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

/** Always a time that can be stored. */
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
