// Our own ssh master: started for one connection; after the login its files are removed. It ends when we ask it to, and by
// itself some seconds after this process was killed (ControlPersist).

import { rm } from 'node:fs/promises';

import { detach, errnoOf, isCodedError, Scope, withTimeLimit } from '@fairlead/kit';

import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { hostKeyOf } from './host-key-of.ts';
import { loginError, lossError } from './login-error.ts';
import type { Master } from './master.ts';
import { openMasterLog } from './master-log.ts';
import { type MasterClient, openMasterClient } from './mux/master-client.ts';
import { makeMasterPlace, readShown } from './master-place.ts';
import { masterArguments, type MasterTimes } from './ssh-arguments.ts';
import { startMaster } from './start-master.ts';
import type { SystemLogin } from './system-login.ts';

const endTimeoutMs = 2_000;

export async function openOwnMaster(
  target: SshTarget,
  login: SystemLogin,
  options: { times: MasterTimes; signal: AbortSignal | undefined },
): Promise<Master> {
  const { times, signal } = options;
  const scope = new Scope();
  try {
    const place = await makeMasterPlace(target, login);
    scope.defer(() => rm(place.dir, { recursive: true, force: true }));
    const log = scope.use(await openMasterLog(place.logPath));
    // Ends a master that logs in after this attempt has failed.
    scope.defer(() => endMasterAt(place.controlPath));
    const args = masterArguments(target, login, { place, times });
    const started = await startMaster(args, { place, login, log, timeLimitMs: times.connectTimeoutMs, signal });
    const control = await openMasterClient(place.controlPath, signal).catch(async (error: unknown) => {
      signal?.throwIfAborted();
      if (errnoOf(error) === undefined && !isCodedError(error)) throw error;
      const besides = await started.said();
      const said = `${await log.read()}\n${besides}`;
      const isPinned = target.hostKeys.kind === 'pinned';
      throw loginError({
        label: targetLabel(target),
        said,
        isPinned,
        mayAsk: login.terminal !== undefined,
        keyPath: place.keyPath,
      });
    });
    const pid = await control.pid();
    scope.defer(() => endMaster(control, pid));
    const proxy = scope.use(await openMasterClient(place.controlPath, signal));
    const shown = await readShown(place);
    // The open sockets are enough from here on, so the directory can go when the first process has ended.
    detach(started.exited.then(() => rm(place.dir, { recursive: true, force: true })));
    return {
      kind: 'own',
      hostKey: await hostKeyOf(target, login, { said: await log.read(), shown }),
      control,
      proxy,
      said: () => log.read(),
      noteChannel: () => log.noteChannel(),
      explainLoss: async () => lossError(targetLabel(target), await log.read()),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw signal?.aborted ? signal.reason : error;
  }
}

async function endMasterAt(controlPath: string): Promise<void> {
  try {
    await using left = await openMasterClient(controlPath);
    await endMaster(left, await left.pid());
  } catch (error) {
    // There is no master, or it is ending.
    if (errnoOf(error) === undefined && !isCodedError(error)) throw error;
  }
}

async function endMaster(control: MasterClient, pid: number): Promise<void> {
  control.terminate();
  try {
    await withTimeLimit(control.closed, endTimeoutMs, () => sshError('timeout', 'the ssh master does not end'));
  } catch (error) {
    if (!isCodedError(error, 'timeout')) throw error;
    kill(pid);
    await control.closed;
  }
}

/** The master's socket is still open, so the pid is still the master's. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
