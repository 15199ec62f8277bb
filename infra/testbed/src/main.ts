// The testbed's command line: pnpm testbed up | down | status | exec | logs | cut | heal | crash | boot | test | test-vllm.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, isCodedError } from '@fairlead/kit';
import { Command, InvalidArgumentError, Option } from 'commander';
import { execCommand } from './commands/exec.ts';
import { logsCommand } from './commands/logs.ts';
import { statusCommand } from './commands/status.ts';
import { testCommand, testVllmCommand } from './commands/test.ts';
import { downCommand, upCommand } from './commands/up-down.ts';
import { TestbedError } from './errors.ts';
import { profiles } from './plan.ts';
import { stateBase, stateDirectory } from './state.ts';
import { TestbedHandle } from './testbed.ts';
import { userNamespaceArgv } from './namespaces/user-namespace.ts';

/** Splits at the first `--`: what follows is the command to run inside the testbed, and the parser does not read it. */
function splitAtDashes(argv: readonly string[]): { own: string[]; inside: string[] } {
  const at = argv.indexOf('--');
  return at < 0 ? { own: [...argv], inside: [] } : { own: argv.slice(0, at), inside: argv.slice(at + 1) };
}

function wholeNumber(text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

const collect = (value: string, before: string[]) => [...before, value];

function createProgram(inside: readonly string[], done: (exitCode: number) => void): Command {
  const program = new Command('testbed').description('A real Slurm cluster behind a real firewall, on this machine.');
  const base = stateBase(process.env);
  addLifeCommands(program, base, done);
  addHostCommands(program, base, { inside, done });
  addFaultCommands(program, base, done);
  program
    .command('test')
    .description("run the testbed's scenarios")
    .argument('[filter...]', 'arguments for vitest: files to run, options')
    .option('--real', 'also the scenarios with a real engine, which `test-vllm` runs')
    .allowUnknownOption()
    .action(async (filter, options) => done(await testCommand([...filter, ...inside], options)));
  program
    .command('test-vllm')
    .description('run the scenarios with a real vLLM on the CPU; downloads almost a gigabyte once')
    .argument('[filter...]', 'arguments for vitest: files to run, options')
    .allowUnknownOption()
    .action(async (filter) => done(await testVllmCommand([...filter, ...inside])));
  return program;
}

const nameOption = () => new Option('--name <name>', 'which testbed').default('main');

function handleOf(base: string, { name }: { name: string }): TestbedHandle {
  return new TestbedHandle(name, stateDirectory(base, name));
}

function addLifeCommands(program: Command, base: string, done: (exitCode: number) => void): void {
  program
    .command('up')
    .description('bring a testbed up, in a second or so')
    .addOption(nameOption())
    .option('--nodes <n>', 'compute nodes', wholeNumber, 2)
    .option('--logins <n>', 'login hosts; all of them answer to `logins`', wholeNumber, 1)
    .option('--ipv6-bastion', 'the bastion is reached by IPv6 alone')
    .option('--accounting', 'with slurmdbd on a MariaDB: accounts, limits, qualities of service, sacct')
    .addOption(new Option('--profile <profile>', 'where the bastion is').choices(profiles).default('separate'))
    .option(
      '--bind <directory>',
      'show this directory of the machine in every host, read-only (repeatable)',
      collect,
      [],
    )
    .option('--foreground', 'stay, and take it down on Ctrl-C')
    .option('--owner-pid <pid>', 'take it down when this process ends', wholeNumber)
    .action(async (options) => done(await upCommand({ ...options, base })));
  program
    .command('down')
    .description('take a testbed down; nothing of it is left')
    .addOption(nameOption())
    .action(async (options) => done(await downCommand({ ...options, base })));
  program
    .command('status')
    .description('what is up (of all testbeds, or of one)')
    .option('--name <name>', 'only this testbed')
    .option('--json', 'as one JSON object')
    .action(async (options) => done(await statusCommand({ ...options, base })));
}

interface HostCommandDeps {
  inside: readonly string[];
  done: (exitCode: number) => void;
}

function addHostCommands(program: Command, base: string, { inside, done }: HostCommandDeps): void {
  program
    .command('exec')
    .description('run a command in a host: exec <host> [--user u] -- command …')
    .argument('<host>')
    .argument('[command...]')
    .addOption(nameOption())
    .option('--user <user>', 'alice, bob or root', 'alice')
    .option('--cwd <directory>', "where to run it (default: the user's home)")
    .option('--env <NAME=value>', 'set a variable (repeatable)', collect, [])
    .action(async (host, command, options) =>
      done(await execCommand(handleOf(base, options), host, [...command, ...inside], options)),
    );
  program
    .command('logs')
    .description("the hosts' logs: boot, sshd, munged, Slurm's daemons")
    .argument('[host]')
    .addOption(nameOption())
    .option('-f, --follow', 'print new lines as they are written')
    .option('-n, --lines <n>', 'how many of the last lines of each file', wholeNumber, 40)
    .action(async (host, options) => done(await logsCommand(handleOf(base, options), host, options)));
}

const faultVerbs = {
  cut: 'drop everything between a host and the bastion, silently',
  heal: 'undo a cut',
  crash: 'cut the power of a host',
  boot: 'start a crashed host again',
};

function addFaultCommands(program: Command, base: string, done: (exitCode: number) => void): void {
  for (const verb of ['cut', 'heal', 'crash', 'boot'] as const) {
    program
      .command(verb)
      .description(faultVerbs[verb])
      .argument('<host>')
      .addOption(nameOption())
      .action(async (host, options) => {
        await handleOf(base, options)[verb](host);
        done(0);
      });
  }
}

/** Replaces this process with another program (execve), so that no process between them has to pass on input, output and signals. */
function become(argv: readonly string[]): never {
  const directories = (process.env['PATH'] ?? '').split(':');
  const program = directories.map((each) => join(each, argv[0]!)).find((path) => existsSync(path));
  if (!program) throw new TestbedError('missing', `cannot find ${argv[0]} (Debian package util-linux)`);
  return process.execve!(program, [...argv], process.env);
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const { own, inside } = splitAtDashes(args);
  const program = [process.execPath, ...process.execArgv, process.argv[1]!];
  const other = userNamespaceArgv({ uid: process.getuid?.() ?? 0, base: stateBase(process.env), program, own, args });
  if (other) become(other);
  let exitCode = 0;
  try {
    await createProgram(inside, (code) => (exitCode = code)).parseAsync(own, { from: 'user' });
  } catch (error) {
    process.stderr.write(`testbed: ${errorText(error)}\n`);
    if (isCodedError(error) && error.hint) process.stderr.write(`  ${error.hint}\n`);
    return isCodedError(error, 'bad_option', 'unknown_host') ? 2 : 1;
  }
  return exitCode;
}

process.exitCode = await main();
