// `fairlead gateway teams`: what share each team has where requests wait.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { type LimitFlags, limitFlags, limitsText } from './limit-flags.ts';

interface TeamArgs {
  name: string;
  state?: string;
}

export async function runTeamsSet(args: TeamArgs & LimitFlags & { weight: number }, context: Context): Promise<void> {
  const { name, weight, state } = args;
  const flags = flagWords({ state: gatewayStateDir(state, context), weight, ...limitFlags(args) });
  const line = await askGateway('team.set', ['teams', 'set', ...flags, '--', name], context);
  context.output.result(
    line,
    `The team ${line.team} has the weight ${line.weight}. Limits of all its members together: ${limitsText(line.limits)}`,
  );
}

export async function runTeamsList({ state }: { state?: string }, context: Context): Promise<void> {
  const line = await askGateway('teams', ['teams', 'list', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, teamsText(line));
}

export async function runTeamsRemove({ name, state }: TeamArgs, context: Context): Promise<void> {
  const words = ['teams', 'remove', '--state', gatewayStateDir(state, context), '--', name];
  const line = await askGateway('team.removed', words, context);
  context.output.result(line, `The team ${line.team} has the weight of any other, and no limits.`);
}

function teamsText({ teams }: GatewayLine<'teams'>): string {
  if (teams.length === 0) return 'There are no teams. Put a member into one: fairlead members add NAME --team TEAM';
  const rows = teams.map(({ team, weight, limits, members }) => [
    team,
    String(weight),
    limitsText(limits),
    members.join(', ') || '-',
  ]);
  return table(['TEAM', 'WEIGHT', 'LIMITS', 'MEMBERS'], rows);
}
