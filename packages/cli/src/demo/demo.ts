// `fairlead demo`: the whole main job on this machine with the same code as anywhere else, told step by step, and nothing of it left behind.

import { join } from 'node:path';

import { connect, type Connection } from '@fairlead/client';
import { CodedError, Scope, untilAborted, untilOver } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import { commandName } from '../command-name.ts';
import { runDeploy } from '../commands/deploy.ts';
import { runInit } from '../commands/init.ts';
import { examplesText } from '../commands/ready-text.ts';
import { runStop } from '../commands/stop.ts';
import type { Context } from '../context.ts';
import { sessionOptions } from '../session-options.ts';
import { type DemoWorld, makeDemoDir, openDemoWorld } from './demo-world.ts';
import { startReaper } from './start-reaper.ts';
import { quiet, Story } from './story.ts';
import { streamCompletion } from './stream-completion.ts';
import { findLaunchers, watchParents } from './watch-parents.ts';

const demoName = 'demo';
const prompt = 'How does a model get out of a protected cluster?';
const maxTokens = 60;
/** Laptop to bastion, bastion to job: each its own SSH connection. */
const hops = 2;

export interface DemoArgs {
  /** Everything stays up until Ctrl-C. */
  keep: boolean;
  /** Two owners, a gateway and its members, in place of one owner. */
  team: boolean;
}

export async function runDemo(args: DemoArgs, outer: Context): Promise<void> {
  if (outer.platform === 'win32')
    throw new CodedError<CliErrorCode>(
      'demo_failed',
      'cannot run the demo on Windows because this machine plays bastion and cluster in it, and those are Linux or macOS',
      { hint: 'Run it in WSL. A cluster of your own is used from Windows as from anywhere.' },
    );
  const orphaned = new AbortController();
  const context = { ...outer, signal: AbortSignal.any([outer.signal, orphaned.signal]) };
  const scope = new Scope();
  const over = new AbortController();
  const watching = watchParents({
    launchers: await findLaunchers(outer.pid),
    clock: context.clock,
    signal: over.signal,
    onEnd: () => orphaned.abort(new Error('the parent process ended')),
  });
  try {
    if (args.team) await (await import('./team/team-demo.ts')).tellTeam(args, context, scope);
    else await tell(args, context, scope);
  } finally {
    context.output.busy('cleaning up');
    await scope[Symbol.asyncDispose]();
    over.abort(new Error('over'));
    await watching;
  }
}

async function tell(args: DemoArgs, context: Context, scope: Scope): Promise<void> {
  const { output } = context;
  const story = new Story(context);
  const dir = await makeDemoDir();
  const reaper = await startReaper(dir, context.nodePath);
  scope.defer(() => reaper.reap());
  output.event('demo.started', { dir });

  const world = await story.step(
    'bastion',
    () => openDemoWorld(dir, { nodePath: context.nodePath }),
    (made) => `a bastion: ${bastionWords(made)} on port ${made.bastion.port}`,
  );
  scope.use(world.bastion);
  const inside = { ...world.inhabit(context), output: quiet(output) };
  await story.step(
    'init',
    () => runInit({ yes: true, local: true, bastion: '127.0.0.1', cluster: demoName }, inside),
    () => 'control runs on the bastion; this "laptop" knows its certificate',
  );
  await story.step(
    'deploy',
    () => runDeploy({ what: 'demo', name: demoName, set: [], engineOption: [], dryRun: false, wait: true }, inside),
    () => 'a job runs on this machine (local scheduler): node-agent, simulated engine, reverse tunnel to the bastion',
  );
  const connection = await story.step(
    'connect',
    () => connect(demoName, { ...sessionOptions(inside), port: 0 }),
    (made) => `second hop open: ${made.baseURL}`,
  );
  const closing = closeOnce(connection);
  scope.defer(closing);
  const streamed = await story.step(
    'stream',
    () => stream(connection, context),
    (made) => `${made.tokens} tokens through two SSH connections, the first after ${made.firstTokenMs.toFixed(0)} ms`,
  );

  if (args.keep) await keep(world, connection, context);
  await closing();
  await story.step(
    'stop',
    () => runStop({ name: demoName, now: false, wait: true }, inside),
    () => 'the job drained and ended; its key is gone from the bastion',
  );
  output.result(
    {
      event: 'demo.done',
      ok: true,
      bastion: world.bastion.kind,
      hops,
      firstTokenMs: streamed.firstTokenMs,
      tokens: streamed.tokens,
      steps: story.steps,
    },
    closingWords(connection, commandName(context.env)),
  );
}

async function stream(connection: Connection, context: Context) {
  const { output } = context;
  output.aside(`\n  ${output.style('dim', `> ${prompt}`)}\n  `);
  const streamed = await streamCompletion({
    baseUrl: connection.baseURL,
    apiKey: connection.apiKey,
    model: connection.servedModel,
    prompt,
    maxTokens,
    signal: context.signal,
    now: () => context.clock.monotonicMs(),
    onText: (text) => output.aside(output.style('cyan', text)),
  });
  output.aside('\n\n');
  return streamed;
}

async function keep(world: DemoWorld, connection: Connection, context: Context): Promise<void> {
  context.output.event(
    'demo.kept',
    {
      baseUrl: connection.baseURL,
      model: connection.servedModel,
      config: world.configFile,
      profile: join(world.dir, 'profile.json'),
    },
    `Everything stays up until Ctrl-C. From another terminal:\n\n    export FAIRLEAD_CONFIG=${world.configFile} FAIRLEAD_PROFILE=${join(world.dir, 'profile.json')}\n    ${commandName(context.env)} connect ${demoName} --json\n`,
  );
  await untilOver(untilAborted(new Promise<never>(() => undefined), context.signal), context.signal);
}

function bastionWords({ bastion }: DemoWorld): string {
  return bastion.kind === 'sshd' ? "the system's own sshd, run as this user," : 'no sshd here, so a bundled SSH server';
}

function closeOnce(connection: Connection): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= connection[Symbol.asyncDispose]() as Promise<void>);
}

function closingWords(connection: Connection, command: string): string {
  return `That was the whole way: job → bastion → here, with nothing but SSH. With a deployment of your own:

${examplesText({ baseUrl: 'http://127.0.0.1:18000/v1', model: connection.servedModel, name: demoName, task: 'chat' })}
Go on:
    ${command} demo --keep    leave this world up and play
    ${command} init           set up your own cluster`;
}
