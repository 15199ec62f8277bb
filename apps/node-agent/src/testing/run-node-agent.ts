// The agent of one node of a job as a process of its own, so that it can be killed and frozen. The hosts of the job are addresses of
// this machine.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { compileCache, programArgs, programFile } from '@fairlead/testkit/programs';

export interface NodeAgent extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with the exit code or the signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** What it has printed so far. */
  readonly said: string;
  signal(name: NodeJS.Signals): void;
}

/** What srun sets for the task of this rank. */
export function nodeEnvironment(rank: number, nodes = 2): Record<string, string> {
  const hosts = Array.from({ length: nodes }, (_, at) => `127.0.0.${at + 1}`);
  return { SLURM_JOB_ID: '17', SLURM_JOB_NODELIST: hosts.join(','), SLURM_NODEID: String(rank) };
}

export function runNodeAgent(specPath: string, rank: number, env: Record<string, string> = {}): NodeAgent {
  const argv = [...programArgs('agent'), '--spec', specPath, '--engine-sim', programFile('engine-sim')];
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...compileCache(), ...nodeEnvironment(rank), ...env },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = endOf(child);
  return {
    pid: child.pid ?? 0,
    exited,
    get said() {
      return said;
    },
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  await once(child, 'exit');
  return child.exitCode ?? child.signalCode ?? -1;
}
