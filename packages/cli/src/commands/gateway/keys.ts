// `fairlead keys`: the keys of members.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { type GatewayFlag, pickGateway } from '../member/pick-gateway.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { type LimitFlags, limitFlags, limitsText } from './limit-flags.ts';
import { dateText, keyText, keyModelsText } from './key-text.ts';

export interface KeysAddArgs extends LimitFlags {
  member: string;
  label?: string;
  models: readonly string[];
  expires?: string;
  state?: string;
}

export async function runKeysAdd(args: KeysAddArgs, context: Context): Promise<void> {
  const flags = flagWords({
    state: gatewayStateDir(args.state, context),
    label: args.label,
    models: args.models.length === 0 ? undefined : args.models.join(','),
    expires: args.expires,
    ...limitFlags(args),
  });
  const line = await askGateway('key.added', ['keys', 'add', ...flags, '--', args.member], context);
  context.output.result(line, keyText(line, line.key));
}

interface WhoseKeys {
  state?: string;
  gateway?: GatewayFlag;
}

export async function runKeysList({ state, gateway: flag }: WhoseKeys, context: Context): Promise<void> {
  const gateway = state === undefined ? await pickGateway(flag, context) : undefined;
  if (gateway) {
    const keys = await gateway.calls.listKeys({ signal: context.signal });
    const own = { event: 'keys', ok: true, keys } as const;
    return context.output.result(own, keysText(own, context.clock.now()));
  }
  const line = await askGateway('keys', ['keys', 'list', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, keysText(line, context.clock.now()));
}

export async function runKeysRevoke(
  { id, state, gateway: flag }: WhoseKeys & { id: string },
  context: Context,
): Promise<void> {
  const gateway = state === undefined ? await pickGateway(flag, context) : undefined;
  if (gateway) {
    const key = await gateway.calls.revokeKey(id, { signal: context.signal });
    return context.output.result({ event: 'key.revoked', ok: true, ...key }, `Your key ${id} is revoked.`);
  }
  const words = ['keys', 'revoke', '--state', gatewayStateDir(state, context), '--', id];
  const line = await askGateway('key.revoked', words, context);
  context.output.result(line, `The key ${line.id} of ${line.member} is revoked.`);
}

function keysText({ keys }: Pick<GatewayLine<'keys'>, 'keys'>, nowMs: number): string {
  if (keys.length === 0) return 'There are no keys. Add a member: fairlead members add NAME';
  const rows = keys.map((key) => [
    key.id,
    key.member,
    key.label ?? '-',
    keyModelsText(key.models),
    limitsText(key.limits),
    stateOf(key, nowMs),
  ]);
  return table(['ID', 'MEMBER', 'LABEL', 'MODELS', 'LIMITS', 'STATE'], rows);
}

function stateOf(
  { revokedMs, expiresMs }: { revokedMs?: number | undefined; expiresMs?: number | undefined },
  nowMs: number,
): string {
  if (revokedMs !== undefined) return `revoked ${dateText(revokedMs)}`;
  if (expiresMs === undefined) return 'good';
  return `${expiresMs <= nowMs ? 'expired' : 'good until'} ${dateText(expiresMs)}`;
}
