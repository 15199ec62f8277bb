// The command: serve, and what changes or shows members, keys and usage. Prints one JSON object a line. Reads arguments and signals.

import { EventEmitter, once } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { parseArgs } from 'node:util';

import {
  countBuffersAsHeap,
  errnoOf,
  errorText,
  isCodedError,
  type Log,
  systemClock,
  systemRandom,
  visibleText,
} from '@fairlead/kit';

import { accountCommandUsage, invitesMember, runAccountCommand } from './account-commands.ts';
import type { Listen } from './open-gateway.ts';
import { restartGateway } from './hand-over/restart-gateway.ts';
import { askDoor, askStatus } from './operator/ask-operator.ts';
import { findMemberUrl, readMemberUrl } from './operator/member-url.ts';
import type { PublisherDoor } from './sources/open-sources.ts';
import { runSourceCommand, sourceCommandUsage } from './sources/source-commands.ts';
import { openGatewayStore } from './store/gateway-store.ts';

const usage = `Usage: gateway serve --state DIR (--port N | --socket PATH) [--url URL] [--metrics-port N] [--publishers PATH] [--no-own] [--log-level LEVEL] [--take-over]
       gateway status | restart
       gateway ${accountCommandUsage}       gateway ${sourceCommandUsage}All commands take --state DIR.
`;

const accountFlag = { type: 'string' } as const;
const argumentOptions = {
  state: accountFlag,
  port: accountFlag,
  socket: accountFlag,
  'metrics-port': accountFlag,
  publishers: accountFlag,
  'no-own': { type: 'boolean' },
  'log-level': accountFlag,
  'take-over': { type: 'boolean' },
  team: accountFlag,
  'requests-per-minute': accountFlag,
  'tokens-per-minute': accountFlag,
  'tokens-per-day': accountFlag,
  'tokens-per-month': accountFlag,
  'max-tokens': accountFlag,
  concurrent: accountFlag,
  weight: accountFlag,
  models: accountFlag,
  expires: accountFlag,
  label: accountFlag,
  account: accountFlag,
  'key-file': accountFlag,
  url: accountFlag,
  'join-within': accountFlag,
  key: { type: 'boolean' },
  by: accountFlag,
  since: accountFlag,
} as const;

class UsageError extends Error {}

async function main(argv: string[]): Promise<number> {
  // Files and sockets are for this account alone, whatever the umask was.
  process.umask(0o077);
  const { words, flags } = readArgs(argv);
  const { state: stateDir } = flags;
  if (stateDir === undefined || stateDir === '') throw new UsageError('--state is missing');
  if (words[0] === 'serve') return serve(stateDir, flags);
  if (words.join(' ') === 'status') {
    printLine({ event: 'gateway.status', ok: true, ...(await askStatus(stateDir)) });
    return 0;
  }
  if (words.join(' ') === 'restart') {
    printLine({ event: 'gateway.restarted', ok: true, ...(await restartGateway(stateDir, systemClock)) });
    return 0;
  }
  const url = invitesMember(words, flags) ? await findMemberUrl(flags.url, stateDir) : undefined;
  using store = openGatewayStore(stateDir, 'command');
  const command = { words, flags, url, nowMs: Date.now(), actor: `${userInfo().username}@${hostname()}` };
  const line =
    runAccountCommand(store, command) ??
    (await runSourceCommand(store, { ...command, askDoor: () => askDoor(stateDir, process.getuid?.() ?? -1) }));
  if (!line) throw new UsageError(`unknown command ${words.join(' ')}`);
  printLine(line);
  return 0;
}

async function serve(stateDir: string, flags: ReturnType<typeof readArgs>['flags']): Promise<number> {
  const listen = readListen(flags);
  const { 'metrics-port': port } = flags;
  const metricsPort = port === undefined ? undefined : readPort('--metrics-port', port);
  // USR1 would open Node's debugger; HUP comes when the login that started us ends.
  process.on('SIGUSR1', () => undefined);
  process.on('SIGHUP', () => undefined);
  countBuffersAsHeap(process.versions.node);
  const parentSays = new EventEmitter();
  process.on('message', (message: { answer?: string }) => void parentSays.emit(message?.answer ?? '', message));
  const asked = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => asked.resolve(signal));
  const log = await createLog(flags['log-level'] ?? 'info');
  // Imported here: the other commands do not need it.
  const { openGateway } = await import('./open-gateway.ts');
  const opening = openGateway({
    stateDir,
    pid: process.pid,
    listen,
    url: flags.url === undefined ? undefined : readMemberUrl(flags.url),
    metricsPort,
    publishers: readPublisherDoor(flags.publishers),
    servesOwn: !flags['no-own'],
    env: process.env,
    takesOver: flags['take-over'] === true,
    isAlive,
    onHandedOver: () => printLine({ event: 'gateway.draining', ok: true }),
    startSuccessor: process.send && (() => askParent(parentSays)),
    clock: systemClock,
    random: systemRandom,
    log,
  });
  const opened = await Promise.race([opening, asked.promise]);
  // What is half open is left as a kill leaves it: the bastion that it waits for may be away.
  if (typeof opened === 'string') return leave(opened, log);
  const gateway = opened;
  printLine({ event: 'gateway.listening', ok: true, address: gateway.address, metricsPort: gateway.metricsPort });
  const signal = await Promise.race([asked.promise, gateway.drained]);
  log.info({ op: 'gateway.stop', signal });
  await gateway[Symbol.asyncDispose]();
  return 0;
}

function leave(signal: string, log: Log): never {
  log.info({ op: 'gateway.stop', signal }, 'it was not open yet');
  process.exit(0);
}

/** `fairlead gateway serve` starts a process beside this one, and answers when it has taken over or has failed. */
async function askParent(says: EventEmitter): Promise<void> {
  process.send?.({ ask: 'gateway.restart' });
  const [answer] = (await once(says, 'gateway.restart')) as [{ ok: boolean; message?: string }];
  if (!answer.ok) throw new Error(answer.message ?? 'another process could not be started');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

async function createLog(level: string): Promise<Log> {
  const { default: pino } = await import('pino');
  const destination = pino.destination({ dest: 2, sync: true });
  // The reader of the log may be gone. The gateway goes on without it.
  destination.on('error', () => undefined);
  const log: Log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return log;
}

function readArgs(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options: argumentOptions, allowPositionals: true });
    return { words: positionals, flags: values };
  } catch (error) {
    throw new UsageError(errorText(error), { cause: error });
  }
}

function readListen({ port, socket }: { port?: string | undefined; socket?: string | undefined }): Listen {
  if (socket !== undefined && port === undefined) return { socket };
  if (socket === undefined && port !== undefined) return { port: readPort('--port', port) };
  throw new UsageError('serve takes a --port or a --socket');
}

function readPublisherDoor(socket: string | undefined): PublisherDoor | undefined {
  const { getuid, getgid } = process;
  if (socket === undefined || !getuid || !getgid) return undefined;
  return { socket, account: { uid: getuid.call(process), gid: getgid.call(process) } };
}

function readPort(flag: string, port: string): number {
  if (/^\d{1,5}$/.test(port) && Number(port) < 65_536) return Number(port);
  throw new UsageError(`${flag} takes a number up to 65535`);
}

function printLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`gateway: ${visibleText(errorText(error))}\n${usage}`);
    process.exitCode = 2;
  } else {
    const { code, hint } = isCodedError(error) ? error : { code: 'internal', hint: undefined };
    printLine({ event: 'error', ok: false, error: { code, message: errorText(error), hint } });
    process.exitCode = 1;
  }
} finally {
  // The channel to what started it would keep this process.
  process.channel?.unref();
}
