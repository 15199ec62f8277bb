// `fairlead models` of a member: the models that a gateway offers to their key.

import { defined } from '@fairlead/kit';
import type { GatewayModel } from '@fairlead/protocol';

import type { Context } from '../../context.ts';
import type { LineFields } from '../../output/lines/json-line.ts';
import { table } from '../../output/table.ts';
import { progressWords } from '../instance-words.ts';
import type { JoinedGateway } from './pick-gateway.ts';

export async function runGatewayModels(
  gateway: JoinedGateway,
  { output, signal }: Pick<Context, 'output' | 'signal'>,
): Promise<void> {
  const { name, place } = gateway;
  output.busy(`asking ${place.url}`);
  const models = await gateway.calls.listModels({ signal });
  const shown = models.map(modelFields);
  output.result(
    { event: 'gateway.models', ok: true, gateway: name, url: place.url, models: shown },
    shown.length === 0
      ? `${name} (${place.url}) offers no model to your key now.`
      : `${table(['MODEL', 'STATE', 'CONTEXT', 'INSTANCES'], shown.map(row))}\n\nAsk one: fairlead chat ${shown[0]!.id}`,
  );
}

type ShownModel = LineFields<'gateway.models'>['models'][number];

function modelFields(model: GatewayModel): ShownModel {
  const { id, state, phase, percent, reason, estimated_start_ms, instances, max_model_len } = model;
  return {
    id,
    state: state ?? 'ready',
    ...defined({
      phase,
      percent,
      reason,
      estimatedStartMs: estimated_start_ms,
      instances,
      contextTokens: max_model_len,
    }),
  };
}

function row({ id, state, phase, percent, reason, instances, contextTokens }: ShownModel): string[] {
  const more = phase === undefined ? reason : progressWords({ phase: phase as 'loading', ...defined({ percent }) });
  return [
    id,
    more === undefined ? state : `${state} (${more})`,
    String(contextTokens ?? '-'),
    String(instances ?? '-'),
  ];
}
