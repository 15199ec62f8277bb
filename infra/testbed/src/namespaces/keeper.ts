// Starts the keeper and sends it orders: the holder of this handle owns the testbed.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdScript } from '../hosts/boot-script.ts';
import { TestbedError } from '../errors.ts';
import type { KeeperOrder } from './keeper-main.ts';
import { isSameProcessAlive, type ProcessId } from '../processes/process-id.ts';
import type { Plan } from '../plan.ts';
import { routerScript } from '../hosts/start-script.ts';
import { untilEnded } from '../processes/until-ended.ts';

export interface Keeper {
  id: ProcessId;
  router: ProcessId;
  /** Keeps the testbed up after this process has ended; with `pid`, until that process ends. */
  release(pid?: number): void;
  /** Takes everything down; resolves when nothing of the testbed is left. */
  end(): Promise<void>;
  /** Settles when the keeper has ended, for any reason. */
  ended: Promise<void>;
}

export async function startKeeper(directory: string, plan: Plan): Promise<Keeper> {
  writeFileSync(join(directory, 'router.sh'), `${routerScript(plan)}\n${holdScript}\n`);
  const log = openSync(join(directory, 'log', 'keeper.log'), 'a');
  const main = fileURLToPath(new URL('keeper-main.ts', import.meta.url));
  const argv = ['--conditions=fairlead-source', main, directory];
  // Without NODE_OPTIONS and similar variables: the keeper must not get a test runner's settings.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const child = spawn(process.execPath, argv, { cwd: '/', detached: true, env, stdio: ['pipe', 'pipe', log] });
  closeSync(log);
  const ended = Promise.withResolvers<void>();
  child.on('error', ended.reject);
  child.on('exit', () => ended.resolve());
  const { keeper, router } = await readAnswer(child, ended.promise);
  return {
    id: keeper,
    router,
    ended: ended.promise,
    release: (pid) => release(child, pid),
    end: async () => {
      child.kill('SIGTERM');
      await ended.promise;
    },
  };
}

async function readAnswer(
  child: ChildProcess,
  ended: Promise<void>,
): Promise<{ keeper: ProcessId; router: ProcessId }> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('\n')) resolve(text);
  });
  const answer = await Promise.race([promise, ended.then(() => undefined)]);
  if (answer === undefined) throw new TestbedError('boot_failed', 'cannot start the keeper: it ended at once');
  return JSON.parse(answer) as { keeper: ProcessId; router: ProcessId };
}

function release(child: ChildProcess, pid: number | undefined): void {
  const orders: KeeperOrder[] = [{ order: 'release' }];
  if (pid !== undefined) orders.push({ order: 'follow', pid });
  child.stdin!.end(orders.map((order) => `${JSON.stringify(order)}\n`).join(''));
  child.stdout!.destroy();
  child.unref();
}

/** Ends the keeper of a testbed that another process brought up. */
export async function endKeeper(keeper: ProcessId): Promise<void> {
  if (!isSameProcessAlive(keeper)) return;
  process.kill(keeper.pid, 'SIGTERM');
  await untilEnded(keeper);
}
