// Whether a deployment takes requests: what control says of the instance, and what the engine says through the whole path.

import { anySignal, type Clock, errorText, openTimeLimit } from '@fairlead/kit';

import type { Fetch } from './openai/channel-fetch.ts';
import type { ControlApi } from './control/control-api.ts';
import { type Deployment, type DeploymentStatus, describeDeployment } from './control/deployment.ts';

export interface Health {
  /** Requests are taken: the instance serves, and its engine answered `/health`. */
  ok: boolean;
  /** As control has it; undefined where control could not be asked. */
  status: DeploymentStatus | undefined;
  /** From the request to the engine's answer through the whole path, milliseconds; undefined where there was none. */
  latencyMs: number | undefined;
  /** Why not, where it is not ok. */
  reason: string | undefined;
}

export interface HealthDeps {
  name: string;
  api: Pick<ControlApi, 'getDeployment'>;
  fetch: Fetch;
  clock: Clock;
  /** How long control and engine may take to answer. Default 10 s. */
  limitMs?: number;
}

const healthTimeoutMs = 10_000;

export async function checkHealth(deps: HealthDeps, signal: AbortSignal | undefined): Promise<Health> {
  const { limitMs = healthTimeoutMs } = deps;
  using limit = openTimeLimit(deps.clock, limitMs);
  const asking = { ...deps, signal: anySignal(signal, limit.signal) };
  const late = (whose: string) =>
    limit.signal.aborted ? `its ${whose} did not answer within ${limitMs / 1000} s` : undefined;
  const [seen, engine] = await Promise.all([askControl(asking, late), askEngine(asking, late)]);
  signal?.throwIfAborted();
  const reason =
    'reason' in seen ? seen.reason : seen.isServing ? engine.reason : `it is ${seen.status}${wordsOf(seen.detail)}`;
  return {
    ok: reason === undefined,
    status: 'status' in seen ? seen.status : undefined,
    latencyMs: engine.latencyMs,
    reason,
  };
}

type Asking = HealthDeps & { signal: AbortSignal };
type Late = (whose: string) => string | undefined;

async function askControl({ api, name, signal }: Asking, late: Late): Promise<Deployment | { reason: string }> {
  try {
    return describeDeployment(await api.getDeployment(name, signal));
  } catch (error) {
    return { reason: late('control') ?? errorText(error) };
  }
}

async function askEngine(
  { fetch, clock, signal }: Asking,
  late: Late,
): Promise<{ latencyMs: number | undefined; reason: string | undefined }> {
  const startedMs = clock.monotonicMs();
  try {
    const answer = await fetch('/health', { signal });
    await answer.body?.cancel();
    const latencyMs = Math.round((clock.monotonicMs() - startedMs) * 10) / 10;
    return { latencyMs, reason: answer.ok ? undefined : `its engine answered ${answer.status} to /health` };
  } catch (error) {
    return { latencyMs: undefined, reason: late('engine') ?? errorText(error) };
  }
}

function wordsOf(detail: string | undefined): string {
  return detail === undefined ? '' : ` (${detail})`;
}
