// The commands, their flags and their help. Each command's code is loaded only when it is the one that runs.

import { visibleText } from '@fairlead/kit';
import { protocolVersion } from '@fairlead/protocol/version';
import { Command, Option } from 'commander';

import type { Context } from './context.ts';
import { addCareCommands } from './program/care-commands.ts';
import { addDiagnosisCommands } from './program/diagnosis-commands.ts';
import { addGatewayCommands } from './program/gateway-commands.ts';
import type { RunCommand } from './program/run-command.ts';
import { collect, countNumber, portNumber, wholeNumber } from './program/flag-values.ts';
import { addMemberCommands, gatewayFlag } from './program/member-commands.ts';
import { addObserveCommands } from './program/observe-commands.ts';
import { addPlanCommands } from './program/plan-commands.ts';
import { addPrepareCommands } from './program/prepare-commands.ts';
import { addSiteCommands } from './program/site-commands.ts';
import { addUseCommands } from './program/use-commands.ts';

export interface GlobalFlags {
  json?: boolean;
  config?: string;
  verbose?: boolean;
}

const exitCodes = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 nothing of that name, 4 a host cannot be reached, 130 interrupted.`;

/**
 * `run` makes the context from the global flags, runs the command, and turns a failure into words and an exit code. Help and wrong
 * usage are written to `streams`.
 */
export function createProgram(
  version: string,
  run: (flags: GlobalFlags, work: (context: Context) => Promise<void>) => Promise<void>,
  streams?: Pick<Context['streams'], 'stdout' | 'stderr'>,
): Command {
  // Commands inherit both when they are made. Wrong usage throws, so that it has an exit code of its own.
  const program = new Command('fairlead').exitOverride();
  if (streams)
    program.configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      // Wrong usage quotes what was typed.
      writeErr: (text) => streams.stderr.write(visibleText(text)),
    });
  const go: RunCommand = (work) => run(program.opts<GlobalFlags>(), work);
  program
    .description(
      'Deploy a large language model as a Slurm job behind a firewall, and use it through an OpenAI-compatible URL, with nothing but SSH.',
    )
    .version(`fairlead ${version} (protocol ${protocolVersion})`)
    .option('--json', 'print JSON: one object a line, the last one the result')
    .option('--config <file>', 'use this configuration file alone')
    .option('--verbose', 'say more about failures')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', exitCodes);
  addDeploy(program, go);
  addQueries(program, go);
  addDiagnosisCommands(program, go);
  addObserveCommands(program, go);
  addConnect(program, go);
  addDashboard(program, go);
  addStop(program, go);
  addSetup(program, go);
  addPlanCommands(program, go);
  addPrepareCommands(program, go);
  addSiteCommands(program, go);
  addUseCommands(program, go, version);
  addCareCommands(program, go);
  addGatewayCommands(program, go);
  addMemberCommands(program, go);
  // A flag may stand before or after the command.
  for (const command of program.commands)
    command
      .option('--json', 'print JSON')
      .option('--verbose', 'say more about failures')
      .option('--config <file>', 'use this configuration file alone');
  return program;
}

function addDeploy(program: Command, go: RunCommand): void {
  program
    .command('deploy')
    .description(
      'deploy a model: a preset (demo, or one that `fairlead models` lists), a Hugging Face id, or a path on the cluster',
    )
    .argument('<model>', "a preset's name, org/model, or an absolute path")
    .option('--on <cluster>', 'the cluster to deploy on')
    .option('--name <name>', 'the name of the deployment; made of the model where absent')
    .option('--engine <engine>', 'what serves it: vllm, sim, command')
    .option('--gpus <count>', 'GPUs on each node', wholeNumber)
    .option('--nodes <count>', 'nodes over which one copy of the model is spread', countNumber)
    .option('--context <tokens>', 'tokens of the longest request with its answer; default: as `plan` says', countNumber)
    .option('--concurrency <count>', 'requests of that length at a time; default: as `plan` says', countNumber)
    .addOption(new Option('--kv-cache <format>', 'how the KV cache is kept').choices(['auto', 'fp8']))
    .option('--no-plan', 'do not ask the planner: the settings as they are, also where the model may not fit')
    .option('--time <limit>', "the job's time limit, as Slurm writes it (04:00:00, 1-12)")
    .option(
      '--set <path=value>',
      'one setting of the configuration for this deployment; may be repeated; a key with a dot is quoted',
      collect,
      [],
    )
    .option(
      '--engine-option <name=value>',
      'one setting of the engine, such as executor=ray: short for --set engines.<engine>.<name>=<value>, where the engine is --engine, or that of the preset; may be repeated',
      collect,
      [],
    )
    .option('--dry-run', "print the job script and the engine's command line, submit nothing")
    .option('--no-wait', 'return as soon as the job is submitted')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead deploy demo\n  fairlead deploy llama-3.1-8b --gpus 1 --time 02:00:00\n  fairlead deploy Qwen/Qwen3-8B --name qwen --set slurm.partition=a100',
    )
    .action(async (what: string, options: DeployOptions) =>
      go(async (context) => {
        const { runDeploy } = await import('./commands/deploy.ts');
        // Without the flag a preset decides.
        const plan = options.plan ? undefined : false;
        await runDeploy({ ...options, what, plan, dryRun: options.dryRun ?? false }, context);
      }),
    );
}

interface LogsOptions {
  follow?: boolean;
  node?: number;
  allNodes?: boolean;
  source: 'job' | 'agent' | 'engine';
  lines: number;
}

interface DeployOptions {
  on?: string;
  name?: string;
  engine?: string;
  gpus?: number;
  nodes?: number;
  context?: number;
  concurrency?: number;
  kvCache?: 'auto' | 'fp8';
  plan: boolean;
  time?: string;
  set: string[];
  engineOption: string[];
  dryRun?: boolean;
  wait: boolean;
}

function addQueries(program: Command, go: RunCommand): void {
  program
    .command('list')
    .description('list the deployments')
    .option('--all', 'also those that have ended')
    .addHelpText('after', '\nExamples:\n  fairlead list\n  fairlead list --all --json')
    .action(async (options: { all?: boolean }) =>
      go(async (context) => (await import('./commands/list.ts')).runList({ all: options.all ?? false }, context)),
    );
  program
    .command('status')
    .description('show one deployment: its state, its job, its last events')
    .argument('<name>')
    .option('--no-cluster', 'do not ask the queue of the cluster')
    .addHelpText('after', '\nExamples:\n  fairlead status demo\n  fairlead status demo --json')
    .action(async (name: string, options: { cluster: boolean }) =>
      go(async (context) => (await import('./commands/status.ts')).runStatus({ name, ...options }, context)),
    );
  program
    .command('logs')
    .description("show a deployment's log")
    .argument('<name>')
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option('--node <rank>', 'of this node, for a job over several (0)', wholeNumber)
    .addOption(new Option('--all-nodes', 'of all nodes of the job, each line with its node').conflicts('node'))
    .addOption(new Option('--source <source>', 'whose log').choices(['job', 'agent', 'engine']).default('engine'))
    .option('--lines <count>', 'how many of the last lines', wholeNumber, 200)
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead logs demo -f\n  fairlead logs demo --source job --lines 50\n  fairlead logs large --node 1\n  fairlead logs large --all-nodes -f',
    )
    .action(async (name: string, { allNodes, node, ...options }: LogsOptions) =>
      go(async (context) =>
        (await import('./commands/logs.ts')).runLogs(
          { name, ...options, node: allNodes ? 'all' : node, follow: options.follow ?? false },
          context,
        ),
      ),
    );
}

function addConnect(program: Command, go: RunCommand): void {
  program
    .command('connect')
    .description('hold a local port that answers as the deployment, until Ctrl-C')
    .argument('<name>')
    .option('--port <port>', 'the local port (18000, or the next free one)', portNumber)
    .option('--bind <address>', 'the address it listens on, such as 172.17.0.1 for containers (127.0.0.1)')
    .option('--allow-origin <origin>', 'a web page that may use it from a browser; may be repeated', collect, [])
    .option('--no-mux', 'give each request an SSH channel of its own')
    .addOption(gatewayFlag())
    .option('--print-ssh', 'print the line of your own ssh that does the same, and end')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead connect demo\n  fairlead connect demo --port 9000 --json\n  fairlead connect demo --print-ssh\n  fairlead connect demo --allow-origin http://localhost:3000',
    )
    .action(async (name: string, options: ConnectFlags) =>
      go(async (context) => {
        if (options.printSsh)
          await (await import('./commands/print-ssh.ts')).runPrintSsh({ name, ...options }, context);
        else await (await import('./commands/connect.ts')).runConnect({ name, ...options }, context);
      }),
    );
}

interface ConnectFlags {
  port?: number;
  bind?: string;
  allowOrigin?: string[];
  mux: boolean;
  gateway?: string;
  printSsh?: boolean;
}

function addDashboard(program: Command, go: RunCommand): void {
  program
    .command('dashboard')
    .description("hold a local port that answers as Ray's dashboard of a deployment, until Ctrl-C")
    .argument('<name>')
    .option('--port <port>', 'the local port (any)', portNumber)
    .addHelpText(
      'after',
      '\nThe deployment needs `executor: ray` and `dashboard: true`.\n\nExamples:\n  fairlead dashboard demo\n  fairlead dashboard demo --port 8265 --json',
    )
    .action(async (name: string, options: { port?: number }) =>
      go(async (context) => (await import('./commands/dashboard.ts')).runDashboard({ name, ...options }, context)),
    );
}

function addStop(program: Command, go: RunCommand): void {
  program
    .command('stop')
    .description('end a deployment: requests in flight are answered first')
    .argument('<name>')
    .option('--now', 'cut the requests in flight')
    .option('--no-wait', 'return as soon as the agent was told')
    .addHelpText('after', '\nExamples:\n  fairlead stop demo\n  fairlead stop demo --now')
    .action(async (name: string, options: { now?: boolean; wait: boolean }) =>
      go(async (context) =>
        (await import('./commands/stop.ts')).runStop({ name, now: options.now ?? false, wait: options.wait }, context),
      ),
    );
}

function addSetup(program: Command, go: RunCommand): void {
  const config = program
    .command('config')
    .description('print the configuration in force and where each value came from')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead config\n  fairlead config trust ./fairlead.yaml\n  fairlead config schema > fairlead.schema.json',
    )
    .action(async () => go(async (context) => (await import('./commands/config.ts')).runConfig(context)));
  config
    .command('schema')
    .description('print the JSON Schema of fairlead.yaml, for editors')
    .action(async () => go(async (context) => (await import('./commands/config.ts')).runConfigSchema(context)));
  addConfigTrust(config, go);
  program
    .command('demo')
    .description('run the whole main job on this machine: bastion, control, a job, two SSH hops, a streamed answer')
    .option('--keep', 'leave everything up until Ctrl-C')
    .option('--team', 'show a team instead: two owners, one gateway, three members with limits, and a fair queue')
    .addHelpText('after', '\nExamples:\n  fairlead demo\n  fairlead demo --keep\n  fairlead demo --team')
    .action(async ({ keep = false, team = false }: { keep?: boolean; team?: boolean }) =>
      go(async (context) => (await import('./demo/demo.ts')).runDemo({ keep, team }, context)),
    );
}

function addConfigTrust(config: Command, go: RunCommand): void {
  config
    .command('trust')
    .description("let every setting of a project's fairlead.yaml count, as the file is now; read it first")
    .argument('[file]', 'the file (absent: the nearest fairlead.yaml from here upwards)')
    .action(async (file: string | undefined) =>
      go(async (context) => (await import('./commands/config-trust.ts')).runConfigTrust(file, context)),
    );
  config
    .command('untrust')
    .description('take that back')
    .argument('[file]', 'the file (absent: the nearest fairlead.yaml from here upwards)')
    .action(async (file: string | undefined) =>
      go(async (context) => (await import('./commands/config-trust.ts')).runConfigUntrust(file, context)),
    );
}
