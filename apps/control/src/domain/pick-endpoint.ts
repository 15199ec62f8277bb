// Where a deployment answers now, or in words why nowhere. Pure.

import { type EndpointView, isEnded, isServing, socketName, type WireErrorCode } from '@fairlead/protocol';

import { describeState } from './describe-state.ts';
import type { DeploymentRecord, InstanceRecord } from './records.ts';

export type EndpointPick =
  | { ok: true; endpoint: EndpointView }
  | { ok: false; code: WireErrorCode; message: string; hint?: string };

/** `apiKey` is undefined until the agent has connected to this control process. */
export function pickEndpoint(
  deployment: DeploymentRecord,
  instance: InstanceRecord,
  at: { apiKey: string | undefined; runDir: string },
): EndpointPick {
  const { life } = instance;
  if (life.state.status === 'draining')
    return { ok: false, code: 'draining', message: `${deployment.name} takes no new requests: it is ${words(life)}` };
  if (life.phase !== 'attended' || !isServing(life.state)) {
    const hint = isEnded(life.state) ? `Deploy it again, or see \`fairlead status ${deployment.name}\`.` : undefined;
    return notReady(`${deployment.name} is ${words(life)}`, hint);
  }
  if (at.apiKey === undefined) return notReady(`${deployment.name} is expected back: control has just been restarted`);
  if (life.generation === undefined)
    return notReady(`${deployment.name} is ${words(life)}, but its tunnel to the bastion is down`);
  return {
    ok: true,
    endpoint: {
      deployment: deployment.name,
      instanceId: instance.id,
      generation: life.generation,
      socket: `${at.runDir}/${socketName(instance.id, life.generation, 'data')}`,
      apiKey: at.apiKey,
      model: instance.models[0] ?? deployment.servedModel,
      state: life.state,
      ...(instance.deadlineMs === undefined ? {} : { deadlineMs: instance.deadlineMs }),
    },
  };
}

function words(life: InstanceRecord['life']): string {
  return describeState(life.state);
}

function notReady(message: string, hint?: string): EndpointPick {
  return { ok: false, code: 'not_ready', message, ...(hint === undefined ? {} : { hint }) };
}
