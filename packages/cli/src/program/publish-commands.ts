// The commands by which models of other accounts and servers come to a gateway.

import { type Command, Option } from 'commander';

import type { UpstreamsAddArgs } from '../commands/gateway/sources.ts';
import { collect, countNumber } from './flag-values.ts';
import type { RunCommand } from './run-command.ts';

const stateFlag = () => new Option('--state <dir>', "the gateway's directory; default: `gateway` beside the profile");
const sources = () => import('../commands/gateway/sources.ts');
const publish = () => import('../commands/gateway/publish.ts');

export function addSourceCommands(gateway: Command, go: RunCommand): void {
  addPublishers(gateway, go);
  addUpstreams(gateway, go);
}

export function addPublishCommands(program: Command, go: RunCommand): void {
  program
    .command('publish')
    .description(
      'offer a deployment at the gateway of another account on the bastion; without a name: list what is published',
    )
    .argument('[name]')
    .option('--to <line>', "as the gateway's operator gave it; `-`: read it from standard input")
    .addHelpText('after', '\nExamples:\n  fairlead publish qwen --to - < line-for-me\n  fairlead publish')
    .action(async (name: string | undefined, { to }: { to?: string }) =>
      go(async (context) =>
        (await publish()).runPublish({ ...(name !== undefined && { name }), ...(to !== undefined && { to }) }, context),
      ),
    );
  program
    .command('unpublish')
    .description('take a deployment back from the gateway; what runs there runs on, and no new request reaches it')
    .argument('<name>')
    .action(async (name: string) => go(async (context) => (await publish()).runUnpublish({ name }, context)));
}

function addPublishers(gateway: Command, go: RunCommand): void {
  const publishers = gateway
    .command('publishers')
    .description('other owners on this host, who may publish their deployments here: add, list, remove');
  publishers
    .command('add')
    .description(
      'let an owner publish here, and make the line that they need; the gateway has to serve with --publishers',
    )
    .argument('<name>', 'stands before the names of their models where another has the same: `alice/qwen`')
    .option('--account <account>', 'the account on this host to which their control belongs; default: the name')
    .addOption(stateFlag())
    .addHelpText('after', '\nExamples:\n  fairlead gateway publishers add alice')
    .action(async (name: string, options: { account?: string; state?: string }) =>
      go(async (context) => (await sources()).runPublishersAdd({ name, ...options }, context)),
    );
  publishers
    .command('list')
    .description('list the publishers; `fairlead gateway status` shows what they publish')
    .addOption(stateFlag())
    .action(async (options: { state?: string }) =>
      go(async (context) => (await sources()).runPublishersList(options, context)),
    );
  publishers
    .command('remove')
    .description('offer nothing of this publisher from now on')
    .argument('<name>')
    .addOption(stateFlag())
    .action(async (name: string, options: { state?: string }) =>
      go(async (context) => (await sources()).runPublishersRemove({ name, ...options }, context)),
    );
}

function addUpstreams(gateway: Command, go: RunCommand): void {
  const upstreams = gateway
    .command('upstreams')
    .description('OpenAI-compatible servers that the gateway reaches by a URL: add, list, remove');
  upstreams
    .command('add')
    .description('offer the models of a server under keys and limits of this gateway')
    .argument('<name>', 'stands before the names of its models where another has the same')
    .requiredOption(
      '--url <url>',
      'the base URL of its API, such as https://llm.example.org/v1; http:// for this host alone',
    )
    .option('--key-file <file>', 'a file with the key that it wants, and nothing else')
    .option(
      '--models <name>',
      'a model of it, or `name=its name`; may be repeated; default: all that it lists',
      collect,
      [],
    )
    .option('--concurrent <count>', 'requests at a time; default: as learnt', countNumber)
    .addOption(stateFlag())
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead gateway upstreams add site-b --url https://llm.site-b.example.org/v1 --key-file ~/.site-b-key',
    )
    .action(async (name: string, options: Omit<UpstreamsAddArgs, 'name'>) =>
      go(async (context) => (await sources()).runUpstreamsAdd({ name, ...options }, context)),
    );
  upstreams
    .command('list')
    .description('list the upstreams, without their keys')
    .addOption(stateFlag())
    .action(async (options: { state?: string }) =>
      go(async (context) => (await sources()).runUpstreamsList(options, context)),
    );
  upstreams
    .command('remove')
    .description('offer nothing of this server from now on, and forget its key')
    .argument('<name>')
    .addOption(stateFlag())
    .action(async (name: string, options: { state?: string }) =>
      go(async (context) => (await sources()).runUpstreamsRemove({ name, ...options }, context)),
    );
}
