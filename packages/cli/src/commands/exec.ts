// `fairlead exec <name> -- command…`: runs a command with the deployment in its environment, on a local port that lives as long as it does.

import { constants } from 'node:os';

import { connect, type ConnectionEvent } from '@fairlead/client';
import { CodedError, defined, errnoOf } from '@fairlead/kit';
import spawn from 'cross-spawn';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { ensureHeldProfile } from '../bastion/ensure-held-profile.ts';
import { sessionOptions } from '../session-options.ts';
import { execEnv } from './exec-env.ts';
import { pickGateway } from './member/pick-gateway.ts';
import { endWords } from './instance-words.ts';
import { outageWords } from './say-outage.ts';

export interface ExecArgs {
  name: string;
  command: readonly string[];
  mux?: boolean | undefined;
  /** Of a gateway that this machine has joined. */
  gateway?: string | undefined;
}

export async function runExec({ name, command, mux, gateway: wanted }: ExecArgs, context: Context): Promise<void> {
  const gateway = await pickGateway(wanted, context);
  if (gateway) {
    context.output.busy(`asking ${gateway.name} for ${name}`);
    await using connection = await gateway.connect(name);
    context.output.close();
    return context.setExitCode(await runChild(command, execEnv(context.env, connection), context));
  }
  await ensureHeldProfile(context);
  context.output.busy(`connecting to ${name}`);
  await using connection = await connect(name, {
    ...sessionOptions(context),
    port: 0,
    ...defined({ mux }),
    onEvent: (event) => tellEnd(name, event, context),
  });
  context.output.close();
  const env = execEnv(context.env, connection);
  context.setExitCode(await runChild(command, env, context));
}

/** stdout belongs to the command alone. */
export function tellEnd(name: string, event: ConnectionEvent, { output }: Context): void {
  if (event.type === 'requests.resumed' || event.type === 'requests.lost') output.warn(outageWords(event));
  if (event.type !== 'deployment.ended') return;
  output.warn(`${name} has ended (${endWords(event.deployment)}); the command goes on without it`);
}

/** Resolves with the exit code as a shell would give it. */
export async function runChild(
  [program = '', ...args]: readonly string[],
  env: Record<string, string>,
  context: Context,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  context.signal.throwIfAborted();
  const child = spawn(program, args, { stdio: 'inherit', env, cwd: context.cwd });
  using _ = context.takeSignals((signal) => {
    if (!isFromTerminal(signal, context)) child.kill(signal);
  });
  child.once('error', (error) => reject(startError(program, error)));
  child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  return await promise;
}

/** Ctrl-C at a terminal reaches the command by itself; a second one from here might be read as "at once". */
function isFromTerminal(signal: NodeJS.Signals, { streams }: Context): boolean {
  return signal === 'SIGINT' && [streams.stdin, streams.stdout, streams.stderr].some(({ isTTY }) => isTTY);
}

function startError(program: string, error: Error): Error {
  if (errnoOf(error) === 'ENOENT')
    return new CodedError<CliErrorCode>('command_not_found', `cannot run ${program} because there is no such command`, {
      hint: 'Looked along PATH. The command stands after --, as in: fairlead exec demo -- python script.py',
      cause: error,
    });
  if (errnoOf(error) === 'EACCES')
    return new CodedError<CliErrorCode>(
      'command_not_executable',
      `cannot run ${program} because this user may not execute it`,
      { hint: 'Make it executable, or name its interpreter, as in: fairlead exec demo -- sh script.sh', cause: error },
    );
  return error;
}
