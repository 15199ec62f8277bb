// The endpoints at which a deployment answers now, or the reason why there is none. Pure; `pickEndpoint` chooses among several.

import type { Secret } from '@fairlead/kit';
import { defined } from '@fairlead/kit';
import { type EndToEnd, type EndpointRef, type EndpointView, isEnded, isServing } from '@fairlead/protocol';

import { describeState } from './describe-state.ts';
import type { DeploymentRecord, InstanceRecord } from './records.ts';
import { endpointsOf } from './views.ts';

export type EndpointsFound = { ok: true; endpoints: EndpointView[] } | NoEndpoint;

export interface NoEndpoint {
  ok: false;
  code: 'draining' | 'not_ready';
  message: string;
  hint?: string;
}

/** `apiKey` is undefined until the agent has connected to this control process. */
export interface Candidate {
  instance: InstanceRecord;
  apiKey: Secret | undefined;
  /** By other carriers than the bastion's sockets. */
  endpoints?: readonly EndpointRef[] | undefined;
  endToEnd?: EndToEnd | undefined;
}

/** The endpoints of every instance that takes requests. If there is none: why the first instance that has not ended takes none, else why the first does not. */
export function listEndpoints(
  deployment: DeploymentRecord,
  candidates: readonly Candidate[],
  runDir: string,
): EndpointsFound {
  const found = candidates.map((candidate) => endpointsOfOne(deployment, candidate, runDir));
  const endpoints = found.flatMap((one) => (one.ok ? one.endpoints : []));
  if (endpoints.length > 0) return { ok: true, endpoints };
  const alive = candidates.findIndex(({ instance }) => !isEnded(instance.life.state));
  return found[Math.max(0, alive)] ?? notReady(`${deployment.name} has no instance`);
}

function endpointsOfOne(
  { name, servedModel }: DeploymentRecord,
  { instance, apiKey, endpoints: told, endToEnd }: Candidate,
  runDir: string,
): EndpointsFound {
  const { life, deadlineMs } = instance;
  const words = describeState(life.state);
  if (life.state.status === 'draining')
    return { ok: false, code: 'draining', message: `${name} takes no new requests: it is ${words}` };
  if (life.phase !== 'attended' || !isServing(life.state)) {
    const hint = isEnded(life.state) ? `Deploy it again, or see \`fairlead status ${name}\`.` : undefined;
    return notReady(`${name} is ${words}`, hint);
  }
  if (apiKey === undefined) return notReady(`${name} is expected back: control has just been restarted`);
  const refs = endpointsOf(instance, runDir, told);
  if (refs.length === 0) return notReady(`${name} is ${words}, but its tunnel to the bastion is down`);
  const endpoints = refs.map((ref): EndpointView => ({
    deployment: name,
    instanceId: instance.id,
    role: instance.role,
    replica: instance.replica,
    ...ref,
    apiKey,
    servedModel: instance.servedModels[0] ?? servedModel,
    state: life.state,
    ...defined({ deadlineMs, endToEnd }),
  }));
  return { ok: true, endpoints };
}

function notReady(message: string, hint?: string): NoEndpoint {
  return { ok: false, code: 'not_ready', message, ...defined({ hint }) };
}
