// `fairlead keys create` and `fairlead keys rotate`: a member's own keys at a gateway.

import { gatewaysDir, profilePath, writeGatewayPlace } from '@fairlead/client/gateway';
import { defined } from '@fairlead/kit';

import type { Context } from '../../context.ts';
import { dateText, keyModelsText } from '../gateway/key-text.ts';
import type { LimitFlags } from '../gateway/limit-flags.ts';
import { openJoinedGateway } from './pick-gateway.ts';

export interface OwnKeyArgs extends LimitFlags {
  label?: string;
  models: readonly string[];
  /** Milliseconds. */
  expires?: number;
  gateway?: string;
}

export async function runKeysCreate(args: OwnKeyArgs, context: Context): Promise<void> {
  const { label, models, expires, gateway: wanted, ...limits } = args;
  const gateway = await openJoinedGateway(wanted, context);
  const { requestsPerMinute, tokensPerMinute, tokensPerDay, tokensPerMonth, concurrent, maxTokens } = limits;
  const made = await gateway.calls.createKey(
    {
      ...defined({ label, lifetimeMs: expires }),
      ...(models.length === 0 ? {} : { models: [...models] }),
      limits: defined({ requestsPerMinute, tokensPerMinute, tokensPerDay, tokensPerMonth, concurrent, maxTokens }),
    },
    { signal: context.signal },
  );
  const key = made.key.reveal();
  const until = made.expiresMs === undefined ? 'until it is revoked' : `until ${dateText(made.expiresMs)}`;
  context.output.result(
    { event: 'key.added', ok: true, ...made, key },
    `Another key of yours at ${gateway.name}, for ${keyModelsText(made.models)}, good ${until}. It is not shown again:\n\n  ${key}`,
  );
}

export interface RotateArgs {
  /** Absent: the key that this machine keeps. */
  id?: string | undefined;
  /** Milliseconds. */
  overlap: number;
  gateway?: string;
}

/** The key that this machine keeps is replaced in its file, and shown to no one. */
export async function runKeysRotate({ id, overlap, gateway: wanted }: RotateArgs, context: Context): Promise<void> {
  const { name, place, calls } = await openJoinedGateway(wanted, context);
  const isKept = id === undefined || id === place.keyId;
  const { key, replaces, ...fields } = await calls.rotateKey(id ?? place.keyId, overlap, { signal: context.signal });
  if (isKept) {
    const dir = gatewaysDir(profilePath(context.env, context.home));
    await writeGatewayPlace(dir, name, { ...place, apiKey: key, keyId: fields.id });
  }
  const shown = isKept ? undefined : key.reveal();
  const until = dateText(replaces.expiresMs ?? context.clock.now());
  const told = shown === undefined ? 'This machine has the new one.' : `It is not shown again:\n\n  ${shown}`;
  context.output.result(
    { event: 'key.rotated', ok: true, ...fields, replaces, ...defined({ key: shown }) },
    `The key ${replaces.id} is good until ${until}; ${fields.id} takes its place. ${told}`,
  );
}
