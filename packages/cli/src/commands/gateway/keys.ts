// `fairlead keys`: the keys of members.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
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

export async function runKeysList({ state }: { state?: string }, context: Context): Promise<void> {
  const line = await askGateway('keys', ['keys', 'list', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, keysText(line, context.clock.now()));
}

export async function runKeysRevoke({ id, state }: { id: string; state?: string }, context: Context): Promise<void> {
  const words = ['keys', 'revoke', '--state', gatewayStateDir(state, context), '--', id];
  const line = await askGateway('key.revoked', words, context);
  context.output.result(line, `The key ${line.id} of ${line.member} is revoked.`);
}

function keysText({ keys }: GatewayLine<'keys'>, nowMs: number): string {
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
