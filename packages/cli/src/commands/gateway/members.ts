// `fairlead members`: who may use the gateway.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { type LimitFlags, limitFlags, limitsText } from './limit-flags.ts';
import { keyText, keyModelsText } from './key-text.ts';

export interface MembersAddArgs extends LimitFlags {
  name: string;
  team?: string;
  label?: string;
  models: readonly string[];
  expires?: string;
  state?: string;
}

export async function runMembersAdd(args: MembersAddArgs, context: Context): Promise<void> {
  const flags = flagWords({
    state: gatewayStateDir(args.state, context),
    team: args.team,
    ...limitFlags(args),
    label: args.label,
    models: args.models.length === 0 ? undefined : args.models.join(','),
    expires: args.expires,
  });
  const line = await askGateway('member.added', ['members', 'add', ...flags, '--', args.name], context);
  context.output.result(line, `${line.member} is a member. ${keyText(line, line.key)}`);
}

export async function runMembersList({ state }: { state?: string }, context: Context): Promise<void> {
  const line = await askGateway('members', ['members', 'list', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, membersText(line));
}

export async function runMembersRemove(
  { name, state }: { name: string; state?: string },
  context: Context,
): Promise<void> {
  const words = ['members', 'remove', '--state', gatewayStateDir(state, context), '--', name];
  const line = await askGateway('member.removed', words, context);
  context.output.result(line, `${line.member} is no member any more; their keys are gone`);
}

function membersText({ members }: GatewayLine<'members'>): string {
  if (members.length === 0) return 'There are no members. Add one: fairlead members add NAME';
  const rows = members.map(({ member, team, limits, keys }) => [
    member,
    team ?? '-',
    limitsText(limits),
    keys
      .filter(({ revokedMs }) => revokedMs === undefined)
      .map(({ id, models }) => `${id} (${keyModelsText(models)})`)
      .join(', ') || '-',
  ]);
  return table(['NAME', 'TEAM', 'LIMITS', 'KEYS'], rows);
}
