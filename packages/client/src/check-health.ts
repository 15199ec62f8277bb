// Whether a deployment takes requests: what control says of the instance, and what the engine says through the whole path.

import { errorText } from '@fairlead/kit';

import type { Fetch } from './channel-fetch.ts';
import type { ControlApi } from './control-api.ts';
import { type Deployment, type DeploymentStatus, describeDeployment } from './deployment.ts';

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
  /** Milliseconds on a clock that never goes back. */
  nowMs: () => number;
}

/** How long an engine may take to answer `/health`. */
const LIMIT_MS = 10_000;

export async function checkHealth(deps: HealthDeps, signal: AbortSignal | undefined): Promise<Health> {
  const [seen, engine] = await Promise.all([askControl(deps, signal), askEngine(deps, signal)]);
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

async function askControl(
  { api, name }: HealthDeps,
  signal: AbortSignal | undefined,
): Promise<Deployment | { reason: string }> {
  try {
    return describeDeployment(await api.getDeployment(name, signal));
  } catch (error) {
    return { reason: errorText(error) };
  }
}

async function askEngine(
  { fetch, nowMs }: HealthDeps,
  signal: AbortSignal | undefined,
): Promise<{ latencyMs: number | undefined; reason: string | undefined }> {
  const startedMs = nowMs();
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const answer = await fetch('/health', { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    await answer.body?.cancel();
    const latencyMs = Math.round((nowMs() - startedMs) * 10) / 10;
    return { latencyMs, reason: answer.ok ? undefined : `its engine answered ${answer.status} to /health` };
  } catch (error) {
    const reason = limit.aborted ? `its engine did not answer within ${LIMIT_MS / 1000} s` : errorText(error);
    return { latencyMs: undefined, reason };
  }
}

function wordsOf(detail: string | undefined): string {
  return detail === undefined ? '' : ` (${detail})`;
}
