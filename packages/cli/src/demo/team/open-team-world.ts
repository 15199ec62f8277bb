// Two owners with a bastion, a control and a deployment of their own each, and a gateway to which both publish.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { CodedError, type Scope } from '@fairlead/kit';
import type { PublicationView } from '@fairlead/protocol';

import type { CliErrorCode } from '../../cli-error.ts';
import { runDeploy } from '../../commands/deploy.ts';
import { runInit } from '../../commands/init.ts';
import { askGateway, eachLine, readGatewayLine, startGateway } from '../../commands/gateway/gateway-program.ts';
import { readTarget } from '../../commands/gateway/read-target.ts';
import type { Context } from '../../context.ts';
import { openCliSession } from '../../open-cli-session.ts';
import { openDemoWorld } from '../demo-world.ts';
import { quiet } from '../story.ts';

export const owners = ['alice', 'bob'] as const;
export type Owner = (typeof owners)[number];
export const teamDeployment = 'chat';

/** A context for each owner. */
export type OwnerContexts = Readonly<Record<Owner, Context>>;

/** Its engine takes two requests at a time, so that a queue is seen. */
const narrow = {
  model: 'fairlead/demo',
  engine: 'sim' as const,
  gpus: 0,
  args: ['--sim-decode-ms', '15', '--max-num-seqs', '2'],
};

/** Their bastions; the scope closes them. */
export async function openOwners(dir: string, context: Context, scope: Scope): Promise<OwnerContexts> {
  const made = await Promise.all(
    owners.map(async (owner) => {
      const home = join(dir, owner);
      await mkdir(home, { mode: 0o700 });
      const world = await openDemoWorld(home, { nodePath: context.nodePath, presets: { narrow } });
      scope.use(world.bastion);
      return [owner, { ...world.inhabit(context), output: quiet(context.output) }] as const;
    }),
  );
  return Object.fromEntries(made) as Record<Owner, Context>;
}

/** One after the other: each uploads the same bundles. */
export async function deployBoth(contexts: OwnerContexts): Promise<void> {
  for (const owner of owners) {
    const context = contexts[owner];
    await runInit({ yes: true, local: true, bastion: '127.0.0.1', cluster: 'demo' }, context);
    const request = { what: 'narrow', name: teamDeployment, set: [], engineOption: [], dryRun: false, wait: true };
    await runDeploy(request, context);
  }
}

export interface TeamGateway {
  readonly address: string;
  /** Its program's answer to a command. */
  ask: <Name extends Parameters<typeof askGateway>[0]>(
    name: Name,
    words: readonly string[],
  ) => ReturnType<typeof askGateway<Name>>;
}

/** Without deployments of its own. The scope ends it. */
export async function openTeamGateway(dir: string, context: Context, scope: Scope): Promise<TeamGateway> {
  const state = ['--state', join(dir, 'gateway')];
  const door = ['--publishers', join(dir, 'publish.sock')];
  const words = ['serve', ...state, ...door, '--no-own', '--port', '0', '--log-level', 'error'];
  const child = await startGateway(words, context);
  let stderr = '';
  child.stderr!.on('data', (piece) => (stderr += String(piece)));
  const first = Promise.withResolvers<string>();
  const ended = eachLine(child, first.resolve).then(() => first.resolve(''));
  scope.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const { address } = readGatewayLine('gateway.listening', await first.promise, stderr);
  return { address, ask: (name, asked) => askGateway(name, [...asked, ...state], context) };
}

/** As `fairlead publish` does. Resolves when the gateway offers it. */
export async function publishTo(gateway: TeamGateway, owner: Owner, context: Context): Promise<PublicationView> {
  const account = String(process.getuid?.() ?? 0);
  const { line } = await gateway.ask('publisher.added', ['publishers', 'add', owner, '--account', account]);
  await using session = await openCliSession(context);
  const publication = await session.api.publish(teamDeployment, readTarget(line), context.signal);
  if (publication.state === 'offered') return publication;
  throw new CodedError<CliErrorCode>(
    'demo_failed',
    `cannot publish the deployment of ${owner} because it is ${publication.state}: ${publication.problem ?? 'no reason was given'}`,
  );
}
