// `fairlead demo --team`: two owners publish to one gateway; three members with different limits ask it; a full queue is shared.

import { type Scope, untilAborted, untilOver } from '@fairlead/kit';

import { commandName } from '../../command-name.ts';
import { runStop } from '../../commands/stop.ts';
import type { Context } from '../../context.ts';
import { makeDemoDir } from '../demo-world.ts';
import { startReaper } from '../start-reaper.ts';
import { Story } from '../story.ts';
import { askMember } from './ask-member.ts';
import {
  deployBoth,
  teamDeployment,
  openOwners,
  openTeamGateway,
  owners,
  publishTo,
  type TeamGateway,
} from './open-team-world.ts';
import { shareQueue, type Shares } from './share-queue.ts';

const members = [
  { member: 'ann', team: 'nlp', weight: 3, flags: [] },
  { member: 'ben', team: 'vision', weight: 1, flags: [] },
  { member: 'cat', team: 'course', weight: 1, flags: ['--requests-per-minute', '3'] },
] as const;
type Keys = Record<(typeof members)[number]['member'], string>;

export async function tellTeam({ keep }: { keep: boolean }, context: Context, scope: Scope): Promise<void> {
  const { output } = context;
  const story = new Story(context);
  const dir = await makeDemoDir();
  const reaper = await startReaper(dir, context.nodePath);
  scope.defer(() => reaper.reap());
  output.event('demo.started', { dir });
  const contexts = await story.step(
    'owners',
    () => openOwners(dir, context, scope),
    () => 'alice and bob have a bastion each',
  );
  await story.step(
    'deploy',
    () => deployBoth(contexts),
    () => `each runs a job of their own: ${teamDeployment}`,
  );
  const gateway = await story.step(
    'gateway',
    () => openTeamGateway(dir, contexts.alice, scope),
    ({ address }) => `a gateway without deployments of its own listens at ${address}`,
  );
  const names = await story.step('publish', () => publishBoth(gateway, contexts), namesWords);
  const keys = await story.step(
    'members',
    () => addMembers(gateway),
    () => membersWords(),
  );
  const refused = await story.step('limits', () => useUp(gateway, keys, context), limitWords);
  const shares = await story.step('queue', () => share(gateway, keys, context), sharesWords);
  if (keep) await keepUp(gateway, keys, context);
  for (const owner of owners)
    await story.step(
      `stop ${owner}`,
      () => runStop({ name: teamDeployment, now: false, wait: true }, contexts[owner]),
      () => `the job of ${owner} has ended`,
    );
  const told = members.map(({ member, team, weight }) => ({
    member,
    team,
    weight,
    answered: shares.answered[member] ?? 0,
    refused: member === 'cat' ? refused.length : 0,
    tokens: shares.tokens[member] ?? 0,
  }));
  output.result({ event: 'demo.team.done', ok: true, names, members: told, steps: story.steps }, closingWords(context));
}

async function publishBoth(
  gateway: TeamGateway,
  contexts: Awaited<ReturnType<typeof openOwners>>,
): Promise<Record<string, readonly string[]>> {
  const names: Record<string, readonly string[]> = {};
  // alice is first: the names alone are hers.
  for (const owner of owners) names[owner] = (await publishTo(gateway, owner, contexts[owner])).names;
  return names;
}

async function addMembers(gateway: TeamGateway): Promise<Keys> {
  const keys: Partial<Keys> = {};
  for (const { member, team, weight, flags } of members) {
    await gateway.ask('team.set', ['teams', 'set', team, '--weight', String(weight)]);
    const added = await gateway.ask('member.added', ['members', 'add', member, '--team', team, '--key', ...flags]);
    keys[member] = added.key ?? '';
  }
  return keys as Keys;
}

/** Resolves with the gateway's words for each request over the limit of cat. */
async function useUp({ address }: TeamGateway, { cat }: Keys, { signal }: Context): Promise<string[]> {
  const refused: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    const answer = await askMember({ address, key: cat, model: `bob/${teamDeployment}`, signal });
    if (answer.kind === 'refused') refused.push(answer.message);
  }
  return refused;
}

function share({ address }: TeamGateway, keys: Keys, { output, clock, signal }: Context): Promise<Shares> {
  const askers = (['ann', 'ben'] as const).map((member) => ({ member, key: keys[member] }));
  const onLook = ({ answered, waiting }: Shares) =>
    output.event(
      'demo.team.queue',
      { answered: { ...answered }, waiting },
      `  ann (weight 3) ${bar(answered['ann'])}  ben (weight 1) ${bar(answered['ben'])}  ${waiting} on their way`,
    );
  return shareQueue({ address, model: teamDeployment, askers, onLook, clock, signal });
}

async function keepUp({ address }: TeamGateway, keys: Keys, context: Context): Promise<void> {
  const lines = Object.entries(keys).map(([member, key]) => `    ${member}  ${key}`);
  context.output.event(
    'demo.team.kept',
    { baseUrl: `${address}/v1`, keys },
    `Everything stays up until Ctrl-C. The base URL is ${address}/v1; the keys:\n\n${lines.join('\n')}\n`,
  );
  await untilOver(untilAborted(new Promise<never>(() => undefined), context.signal), context.signal);
}

function bar(count = 0): string {
  return `${'#'.repeat(Math.min(40, Math.ceil(count / 2)))} ${count}`;
}

function namesWords(names: Record<string, readonly string[]>): string {
  return `both publish to it: ${owners.map((owner) => `${owner}'s is ${names[owner]?.join(' or ')}`).join('; ')}`;
}

function membersWords(): string {
  return `three members: ${members.map(({ member, team, weight }) => `${member} (team ${team}, weight ${weight})`).join(', ')}; cat may ask three times a minute`;
}

function limitWords(refused: readonly string[]): string {
  return `cat asked five times: ${5 - refused.length} answers, and ${refused.length} refusals: ${refused[0] ?? ''}`;
}

function sharesWords({ answered }: Shares): string {
  return `the queue was full, and ann got ${answered['ann']} answers while ben got ${answered['ben']}`;
}

function closingWords(context: Context): string {
  const command = commandName(context.env);
  return `That was a team: two owners, one URL, and no account of a member on any host. With deployments of your own:

    ${command} gateway serve --publishers PATH       on the bastion
    ${command} gateway publishers add alice          a line for another owner
    ${command} publish NAME --to -                   what she does with it
    ${command} members add ann --team nlp            a line for a member`;
}
