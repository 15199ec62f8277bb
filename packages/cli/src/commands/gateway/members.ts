// `fairlead members`: who may use the gateway.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { type LimitFlags, limitFlags, limitsText } from './limit-flags.ts';
import { dateText, keyModelsText, keyText } from './key-text.ts';

export interface MembersInviteArgs {
  name: string;
  label?: string;
  models: readonly string[];
  expires?: string;
  url?: string;
  joinWithin?: string;
  state?: string;
}

export interface MembersAddArgs extends LimitFlags, MembersInviteArgs {
  team?: string;
  key?: boolean;
}

export async function runMembersAdd(args: MembersAddArgs, context: Context): Promise<void> {
  const { team, key = false } = args;
  const words = [...inviteWords(args, context), ...flagWords({ team, ...limitFlags(args) }), ...(key ? ['--key'] : [])];
  const line = await askGateway('member.added', ['members', 'add', ...words, '--', args.name], context);
  const { member, models, invite, joinLine = '' } = line;
  const told = invite ? joinText({ member, models, invite, joinLine }) : keyText(line, line.key ?? '');
  context.output.result(line, `${member} is a member. ${told}`);
}

export async function runMembersInvite(args: MembersInviteArgs, context: Context): Promise<void> {
  const words = ['members', 'invite', ...inviteWords(args, context), '--', args.name];
  const line = await askGateway('member.invited', words, context);
  context.output.result(line, joinText(line));
}

function inviteWords(args: MembersInviteArgs, context: Context): string[] {
  return flagWords({
    state: gatewayStateDir(args.state, context),
    label: args.label,
    models: args.models.length === 0 ? undefined : args.models.join(','),
    expires: args.expires,
    url: args.url,
    'join-within': args.joinWithin,
  });
}

type Told = Pick<GatewayLine<'member.invited'>, 'member' | 'models' | 'invite' | 'joinLine'>;

function joinText({ member, models, invite, joinLine }: Told): string {
  return `Send them this line: it gives ${member} a key for ${keyModelsText(models)}, once, until ${dateText(invite.expiresMs)}.\n\n  fairlead join ${joinLine}`;
}

export async function runMembersList({ state }: { state?: string }, context: Context): Promise<void> {
  const line = await askGateway('members', ['members', 'list', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, membersText(line, context.clock.now()));
}

export async function runMembersRemove(
  { name, state }: { name: string; state?: string },
  context: Context,
): Promise<void> {
  const words = ['members', 'remove', '--state', gatewayStateDir(state, context), '--', name];
  const line = await askGateway('member.removed', words, context);
  context.output.result(line, `${line.member} is no member any more; their keys are gone`);
}

function membersText({ members }: GatewayLine<'members'>, nowMs: number): string {
  if (members.length === 0) return 'There are no members. Add one: fairlead members add NAME';
  const rows = members.map(({ member, team, limits, keys, invites }) => [
    member,
    team ?? '-',
    limitsText(limits),
    [
      ...keys
        .filter(({ revokedMs }) => revokedMs === undefined)
        .map(({ id, models }) => `${id} (${keyModelsText(models)})`),
      ...invites
        .filter(({ usedMs }) => usedMs === undefined)
        .map(({ expiresMs }) => `${expiresMs <= nowMs ? 'line expired' : 'may join until'} ${dateText(expiresMs)}`),
    ].join(', ') || '-',
  ]);
  return table(['NAME', 'TEAM', 'LIMITS', 'KEYS'], rows);
}
