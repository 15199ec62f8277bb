// Replaces the running control by another version: ends it, copies its database, switches the link, starts the new one and
// waits for its answer. When none comes, puts the old version back.

import { join } from 'node:path/posix';

import { ControlAnswerError } from '@fairlead/client';
import { CodedError, errorText } from '@fairlead/kit';
import type { SshConnection } from '@fairlead/ssh';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Host } from '@fairlead/launch';
import type { ControlPrograms } from './put-programs.ts';
import { startControl } from './start-control.ts';
import { swapScript } from './swap-script.ts';

export interface ReplaceControl {
  connection: SshConnection;
  host: Host;
  stateDir: string;
  runDir: string;
  programs: ControlPrograms;
  /** Resolves when control answers; an answer that refuses the token counts too. */
  prove: () => Promise<unknown>;
  context: Context;
}

/** Throws `upgrade_failed` when the new control did not come up; its words say whether the old one answers again. */
export async function replaceControl(replace: ReplaceControl): Promise<void> {
  const old = await swap(replace, { ...replace.programs, restore: false });
  try {
    await startAndProve(replace);
  } catch (error) {
    replace.context.signal.throwIfAborted();
    throw await rollBack(replace, old, error);
  }
}

interface Swap {
  node: string;
  control: string;
  /** Whether the database is put back as it was copied. */
  restore: boolean;
}

/** One script, so that a connection lost in the middle leaves no bastion without control. Returns what was linked before. */
async function swap({ host, stateDir, runDir }: ReplaceControl, to: Swap): Promise<Swap> {
  const argv = [stateDir, runDir, to.node, to.control, to.restore ? 'restore' : 'copy'];
  const swapped = await host.runner.run(['sh', '-c', swapScript, 'sh', ...argv]);
  const [node = '', control = ''] = swapped.stdout.split('\n');
  if (swapped.code === 0) return { node, control: join(stateDir, 'bin', control), restore: false };
  throw new CodedError<CliErrorCode>(
    'upgrade_failed',
    `cannot replace control on ${host.label}: ${swapped.stderr.trim()}`,
    { hint: 'The control that was there is left in place. See whether the disk has space, then try again.' },
  );
}

async function startAndProve({ connection, stateDir, prove }: ReplaceControl): Promise<void> {
  const line = await startControl(connection, stateDir);
  if (line.control === 'absent') throw new Error(line.why?.message ?? 'it ended at once');
  try {
    await prove();
  } catch (error) {
    if (!(error instanceof ControlAnswerError)) throw error;
  }
}

/** Starts the old program on the database as it is, and on the copy only when it cannot use the database any more. */
async function rollBack(replace: ReplaceControl, old: Swap, cause: unknown): Promise<CodedError<CliErrorCode>> {
  const { context, host, stateDir } = replace;
  const said = await lastLines(host, stateDir);
  context.output.warn(`the new control did not come up (${errorText(cause)}); starting the old one again`);
  let last: unknown;
  for (const restore of [false, true]) {
    try {
      await swap(replace, { ...old, restore });
      await startAndProve(replace);
      return failed(`the old one runs again${restore ? ', on its database as it was before' : ''}`, cause, said);
    } catch (error) {
      context.signal.throwIfAborted();
      last = error;
    }
  }
  return failed(`the old one did not come up again either (${errorText(last)})`, cause, said);
}

function failed(outcome: string, cause: unknown, said: string): CodedError<CliErrorCode> {
  return new CodedError(
    'upgrade_failed',
    `cannot put the new control in place because ${errorText(cause)}; ${outcome}${said === '' ? '' : `. Its log ends in:\n  ${said}`}`,
    { hint: 'Streams were not touched. Report what the log says; `fairlead upgrade` may be tried again.', cause },
  );
}

async function lastLines(host: Host, stateDir: string): Promise<string> {
  const { stdout } = await host.runner.run(['tail', '-n', '3', join(stateDir, 'control.log')]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.slice(0, 300))
    .join('\n  ');
}
