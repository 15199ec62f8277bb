// The command: init, token, serve. Reads arguments and signals; everything else is elsewhere.

import { hostname } from 'node:os';
import { parseArgs } from 'node:util';

import { errorText, isCodedError, type Log, visibleText } from '@fairlead/kit';

import { readBootId } from './boot-id.ts';
import type { ControlOptions } from './control-options.ts';
import { initIdentity } from './state/identity.ts';
import { mintOwnerToken } from './state/owner-tokens.ts';

const usage = `Usage: control init  --state DIR
       control token --state DIR
       control serve --state DIR --run DIR [--take-ownership] [--lease-ms N] [--heartbeat-ms N]
`;

const argumentOptions = {
  state: { type: 'string' },
  run: { type: 'string' },
  'take-ownership': { type: 'boolean' },
  'lease-ms': { type: 'string' },
  'heartbeat-ms': { type: 'string' },
  'log-level': { type: 'string' },
} as const;

class UsageError extends Error {}

async function main(argv: string[]): Promise<number> {
  // Files and sockets are for this account alone, whatever the umask was.
  process.umask(0o077);
  const { command, values } = readArgs(argv);
  const stateDir = need(values.state, '--state');
  switch (command) {
    case 'init':
      printLine({ certificate: (await initIdentity(stateDir)).certificate });
      return 0;
    case 'token':
      printLine({ ownerToken: mintOwnerToken(stateDir, Date.now()).reveal() });
      return 0;
    case 'serve':
      return serve({
        stateDir,
        runDir: need(values.run, '--run'),
        host: hostname(),
        bootId: await readBootId(process.platform),
        log: await createLog(values['log-level'] ?? 'info'),
        takeOwnership: values['take-ownership'] ?? false,
        ...readMs('leaseMs', values['lease-ms']),
        ...readMs('heartbeatMs', values['heartbeat-ms']),
      });
    default:
      throw new UsageError(`unknown command ${command}`);
  }
}

async function serve(options: ControlOptions): Promise<number> {
  const { log } = options;
  // USR1 would open Node's debugger; HUP comes when the login that started us ends.
  process.on('SIGUSR1', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('uncaughtExceptionMonitor', (error) =>
    log.error({ op: 'control.crash', ok: false, error: errorText(error), stack: error.stack }),
  );
  const asked = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => asked.resolve(signal));
  try {
    // Imported here: init and token do not need it.
    const { openControl } = await import('./open-control.ts');
    const control = await openControl(options);
    log.info({ op: 'control.start', ok: true, socket: control.socketPath, pid: process.pid });
    const signal = await asked.promise;
    log.info({ op: 'control.stop', signal });
    await control[Symbol.asyncDispose]();
    log.info({ op: 'control.stop', ok: true });
    return 0;
  } catch (error) {
    if (isCodedError(error, 'already_running')) {
      log.info({ op: 'control.start' }, 'already running');
      return 0;
    }
    const { code, hint } = isCodedError(error) ? error : { code: 'internal', hint: undefined };
    log.error({ op: 'control.start', ok: false, error: { code, message: errorText(error), hint } });
    return 1;
  }
}

/** Characters of the log that wait for room on the disk. */
const logWaitingLimit = 256 * 1024;

async function createLog(level: string): Promise<Log> {
  const { default: pino } = await import('pino');
  const destination = pino.destination({ dest: 1, sync: true, maxLength: logWaitingLimit });
  // The reader of the log may be gone, or the log's disk full. Control goes on without its log.
  destination.on('error', () => undefined);
  const log: Log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return log;
}

function readArgs(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options: argumentOptions, allowPositionals: true });
    return { command: positionals[0] ?? '', values };
  } catch (error) {
    throw new UsageError(errorText(error), { cause: error });
  }
}

function need(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UsageError(`${name} is missing`);
  return value;
}

function readMs<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  if (text === undefined) return {};
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError(`cannot read milliseconds: got ${text}`);
  return { [name]: Number(text) } as Partial<Record<Name, number>>;
}

function printLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const hint = isCodedError(error) && error.hint !== undefined ? `\n${error.hint}` : '';
  process.stderr.write(`control: ${visibleText(errorText(error) + hint)}\n${error instanceof UsageError ? usage : ''}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
