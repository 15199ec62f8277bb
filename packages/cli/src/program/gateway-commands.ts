// The commands of a team's gateway: serve it, say who may use it, see what they used.

import { type Command, Option } from 'commander';

import type { ServeArgs } from '../commands/gateway/serve.ts';
import type { LimitFlags } from '../commands/gateway/limit-flags.ts';
import type { OwnKeyArgs } from '../commands/member/own-keys.ts';
import { collect, countNumber, lifetimeMs, overlapMs, portNumber } from './flag-values.ts';
import { gatewayChoice, gatewayFlag } from './member-commands.ts';
import { addPublishCommands, addSourceCommands } from './publish-commands.ts';
import type { RunCommand } from './run-command.ts';

export function addGatewayCommands(program: Command, go: RunCommand): void {
  const gateway = program
    .command('gateway')
    .description('a URL for a team: its members use your deployments by keys of their own');
  addServe(gateway, go);
  addStatus(gateway, go);
  addTeams(gateway, go);
  addAudit(gateway, go);
  addSourceCommands(gateway, go);
  addPublishCommands(program, go);
  addMembers(program, go);
  addKeys(program, go);
  addUsage(program, go);
}

const stateFlag = () => new Option('--state <dir>', "the gateway's directory; default: `gateway` beside the profile");

function addServe(gateway: Command, go: RunCommand): void {
  gateway
    .command('serve')
    .description('serve your deployments to members until Ctrl-C, on this machine')
    .option('--port <port>', 'listen on this port of 127.0.0.1; 0: any', portNumber, 18_080)
    .option('--socket <path>', 'listen on a unix socket instead, which this account alone can open')
    .option(
      '--url <url>',
      'where members reach it, if a proxy stands in front of it: for the lines that `members add` prints',
    )
    .option('--metrics-port <port>', 'metrics and health on this port of 127.0.0.1; 0: any; default: none', portNumber)
    .option(
      '--publishers <path>',
      'take publishers at this unix socket, which every account of the host may reach; default: none',
    )
    .option('--no-own', 'serve only what others publish, and upstreams; needs no profile')
    .addOption(stateFlag())
    .addHelpText('after', '\nExamples:\n  fairlead gateway serve\n  fairlead gateway serve --port 8080 --json')
    .action(async (options: ServeArgs) =>
      go(async (context) => (await import('../commands/gateway/serve.ts')).runGatewayServe(options, context)),
    );
}

function addStatus(gateway: Command, go: RunCommand): void {
  gateway
    .command('status')
    .description('show a gateway that serves: its models and instances, what runs and what waits')
    .addOption(stateFlag())
    .action(async (options: { state?: string }) =>
      go(async (context) => (await import('../commands/gateway/status.ts')).runGatewayStatus(options, context)),
    );
  gateway
    .command('limits')
    .description('list the teams, members and keys that have limits, and what they have used today and this month')
    .addOption(stateFlag())
    .action(async (options: { state?: string }) =>
      go(async (context) => (await import('../commands/gateway/status.ts')).runGatewayLimits(options, context)),
    );
}

function addTeams(gateway: Command, go: RunCommand): void {
  const teams = gateway.command('teams').description("teams' shares where requests wait: set, list, remove");
  withLimits(teams.command('set'))
    .description(
      'set the weight of a team and the limits of all its members together; its members are those that were added with `--team`',
    )
    .argument('<name>')
    .option('--weight <number>', 'its share beside other teams: 3 gets three times the tokens of 1', countNumber, 1)
    .addOption(stateFlag())
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead gateway teams set nlp --weight 3\n  fairlead gateway teams set course --tokens-per-day 2000000',
    )
    .action(async (name: string, options: LimitFlags & { weight: number; state?: string }) =>
      go(async (context) => (await import('../commands/gateway/teams.ts')).runTeamsSet({ name, ...options }, context)),
    );
  teams
    .command('list')
    .description('list the teams with their weights, limits and members')
    .addOption(stateFlag())
    .action(async (options: { state?: string }) =>
      go(async (context) => (await import('../commands/gateway/teams.ts')).runTeamsList(options, context)),
    );
  teams
    .command('remove')
    .description('take its weight and limits from a team; its members stay in it')
    .argument('<name>')
    .addOption(stateFlag())
    .action(async (name: string, options: { state?: string }) =>
      go(async (context) =>
        (await import('../commands/gateway/teams.ts')).runTeamsRemove({ name, ...options }, context),
      ),
    );
}

function addAudit(gateway: Command, go: RunCommand): void {
  gateway
    .command('audit')
    .description('list the changes of teams, members and keys: who made them, and when')
    .option('--since <time>', 'how far back, such as 12h or 30d', '30d')
    .addOption(stateFlag())
    .action(async (options: { since: string; state?: string }) =>
      go(async (context) => (await import('../commands/gateway/audit.ts')).runGatewayAudit(options, context)),
    );
}

/** Of a key, a member or a team. */
function withLimits(command: Command): Command {
  return command
    .option('--requests-per-minute <count>', 'at most so many; default: no limit', countNumber)
    .option('--tokens-per-minute <count>', 'of prompts and answers together; default: no limit', countNumber)
    .option('--tokens-per-day <count>', 'days begin at midnight UTC; default: no limit', countNumber)
    .option('--tokens-per-month <count>', 'months begin on their first day, UTC; default: no limit', countNumber)
    .option('--concurrent <count>', 'requests at a time; default: no limit', countNumber)
    .option('--max-tokens <count>', 'of one answer; default: no limit', countNumber);
}

interface KeyFlags {
  label?: string;
  models: string[];
  expires?: string;
  state?: string;
}

function withKeyFlags(command: Command): Command {
  return command
    .option('--models <name>', 'a model or deployment that the key is for; may be repeated; default: all', collect, [])
    .option('--expires <time>', 'how long the key is good, such as 90m, 12h or 30d; default: until it is revoked')
    .option('--label <text>', 'a name for the key')
    .addOption(stateFlag());
}

interface InviteFlags {
  url?: string;
  joinWithin?: string;
}

function withInviteFlags(command: Command): Command {
  return withKeyFlags(command)
    .option('--join-within <time>', 'how long the line is good, such as 12h; default: 7d')
    .option(
      '--url <url>',
      'where members reach the gateway; default: as `gateway serve` was told, or where it listens',
    );
}

function addMembers(program: Command, go: RunCommand): void {
  const members = program.command('members').description('who may use the gateway: add, invite, list, remove');
  withInviteFlags(withLimits(members.command('add')))
    .description('add a member and print the line by which they join, good once')
    .argument('<name>')
    .option('--team <name>', 'for its share where requests wait, and for sums of usage')
    .option(
      '--key',
      'make a key at once in place of the line, for a program or a client without Fairlead; it is shown once',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead members add bob --team nlp\n  fairlead members add eve --models qwen --expires 30d --tokens-per-minute 50000\n  fairlead members add nightly --key',
    )
    .action(async (name: string, options: LimitFlags & KeyFlags & InviteFlags & { team?: string; key?: boolean }) =>
      go(async (context) =>
        (await import('../commands/gateway/members.ts')).runMembersAdd({ name, ...options }, context),
      ),
    );
  withInviteFlags(members.command('invite'))
    .description(
      'print another line for a member, in place of one that was not used: for another machine, or a line that was lost',
    )
    .argument('<name>')
    .action(async (name: string, options: KeyFlags & InviteFlags) =>
      go(async (context) =>
        (await import('../commands/gateway/members.ts')).runMembersInvite({ name, ...options }, context),
      ),
    );
  members
    .command('list')
    .description('list the members with their limits and keys')
    .addOption(stateFlag())
    .action(async (options: { state?: string }) =>
      go(async (context) => (await import('../commands/gateway/members.ts')).runMembersList(options, context)),
    );
  members
    .command('remove')
    .description('remove a member and all their keys; their streams end within a second')
    .argument('<name>')
    .addOption(stateFlag())
    .action(async (name: string, options: { state?: string }) =>
      go(async (context) =>
        (await import('../commands/gateway/members.ts')).runMembersRemove({ name, ...options }, context),
      ),
    );
}

function addKeys(program: Command, go: RunCommand): void {
  const keys = program
    .command('keys')
    .description("members' keys: add, list, revoke; a member's own: create, list, rotate, revoke");
  withKeyFlags(withLimits(keys.command('add')))
    .description('make another key for a member, which is shown once')
    .argument('<member>')
    .action(async (member: string, options: LimitFlags & KeyFlags) =>
      go(async (context) => (await import('../commands/gateway/keys.ts')).runKeysAdd({ member, ...options }, context)),
    );
  keys
    .command('list')
    .description('list the keys: whose they are, what they are for, until when')
    .addOption(stateFlag())
    .addOption(gatewayChoice('your own: those'))
    .action(async (options: { state?: string; gateway?: string | true }) =>
      go(async (context) => (await import('../commands/gateway/keys.ts')).runKeysList(options, context)),
    );
  keys
    .command('revoke')
    .description('revoke a key; its streams end within a second')
    .argument('<id>', 'as `fairlead keys list` shows it: what stands between the underscores of the key')
    .addOption(stateFlag())
    .addOption(gatewayFlag('one of yours, at this gateway, which you joined'))
    .action(async (id: string, options: { state?: string; gateway?: string }) =>
      go(async (context) => (await import('../commands/gateway/keys.ts')).runKeysRevoke({ id, ...options }, context)),
    );
  addOwnKeys(keys, go);
}

function addOwnKeys(keys: Command, go: RunCommand): void {
  withLimits(keys.command('create'))
    .description('for a member: make another key of yours, which is shown once; for no more than the one that you have')
    .option('--models <name>', 'a model that the key is for; may be repeated; default: as yours', collect, [])
    .option('--expires <time>', 'how long the key is good, such as 90m, 12h or 30d; default: as yours', lifetimeMs)
    .option('--label <text>', 'a name for the key')
    .addOption(gatewayFlag('at this gateway, which you joined; default: the only one'))
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead keys create --label nightly --models qwen --expires 30d --tokens-per-day 100000',
    )
    .action(async (options: OwnKeyArgs) =>
      go(async (context) => (await import('../commands/member/own-keys.ts')).runKeysCreate(options, context)),
    );
  keys
    .command('rotate')
    .description('for a member: make a key in place of one of yours, which is good for a while longer')
    .argument('[id]', 'default: the key that this machine keeps, which then keeps the new one')
    .option('--overlap <time>', 'how long the old one is good, such as 10m; 0: not at all', overlapMs, 3_600_000)
    .addOption(gatewayFlag('at this gateway, which you joined; default: the only one'))
    .action(async (id: string | undefined, options: { overlap: number; gateway?: string }) =>
      go(async (context) =>
        (await import('../commands/member/own-keys.ts')).runKeysRotate({ id, ...options }, context),
      ),
    );
}

function addUsage(program: Command, go: RunCommand): void {
  program
    .command('usage')
    .description('sum up what members have used through the gateway; for a member what is left of their limits')
    .addOption(
      new Option('--by <what>', 'what to sum by').choices(['member', 'team', 'key', 'model', 'day']).default('member'),
    )
    .option('--since <time>', 'how far back, such as 12h or 30d', '30d')
    .option('--csv', 'as comma-separated values, with a line of names first')
    .addOption(gatewayChoice('what is left of your limits: those'))
    .addOption(stateFlag())
    .addHelpText('after', '\nExamples:\n  fairlead usage\n  fairlead usage --by model --since 7d --json')
    .action(async (options: { by: string; since: string; csv?: boolean; state?: string; gateway?: string | true }) =>
      go(async (context) => (await import('../commands/gateway/usage.ts')).runUsage(options, context)),
    );
}
