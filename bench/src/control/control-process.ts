// Starts control as the gate does: the shipped file, in its own directories, as a process that can be measured, killed and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { initIdentity, mintOwnerToken } from '@fairlead/control';
import type { Scope } from '@fairlead/kit';

export interface ControlProcess {
  runDir: string;
  socketPath: string;
  certificate: string;
  token: string;
  pid(): number;
  /** Sends SIGKILL. Resolves when the process has ended. */
  kill(): Promise<void>;
  /** Resolves when control serves. */
  start(): Promise<void>;
}

/** Node's options as in infra/bastion/gate. */
const nodeOptions = ['--disable-sigusr1', '--max-semi-space-size=4'];

export async function openControlProcess(scope: Scope, program: string): Promise<ControlProcess> {
  const root = await mkdtemp(join(tmpdir(), 'fl-b-'));
  scope.defer(() => rm(root, { recursive: true, force: true }));
  const [stateDir, runDir] = [join(root, 's'), join(root, 'r')];
  const { certificate } = await initIdentity(stateDir);
  const token = mintOwnerToken(stateDir, Date.now()).reveal();
  let child: ChildProcess | undefined;
  const control: ControlProcess = {
    runDir,
    socketPath: join(runDir, 'control.sock'),
    certificate,
    token,
    pid: () => child?.pid ?? 0,
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async start() {
      const argv = [...nodeOptions, program, 'serve', '--state', stateDir, '--run', runDir];
      child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      await serving(child);
    },
  };
  scope.defer(() => control.kill());
  await control.start();
  return control;
}

async function serving(child: ChildProcess): Promise<void> {
  if (!child.stdout) throw new Error('control has no output');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"control.start"') && line.includes('"ok":true')) resolve();
    else if (said.length < 4000) said += `${line}\n`;
  });
  child.once('exit', () => reject(new Error(`control ended before it served:\n${said}`)));
  await promise;
}
