// Where and when a result was measured; printed with every result.

import { execFile } from 'node:child_process';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

import { errnoOf } from '@fairlead/kit';

const run = promisify(execFile);

export interface Environment {
  at: string;
  cpu: string;
  cores: number;
  memoryGB: number;
  system: string;
  node: string;
  openssh: string;
  commit: string;
  /** The one-minute load average before the first measurement. A high load makes the figures unreliable. */
  loadBefore: number;
}

export async function describeMachine(): Promise<Environment> {
  const all = cpus();
  return {
    at: new Date().toISOString(),
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()}`,
    node: process.version,
    openssh: await firstLine('ssh', ['-V']),
    commit: await firstLine('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD']),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function describeEnvironment(environment: Environment): string {
  const { at, cpu, cores, memoryGB, system, node, openssh, commit, loadBefore } = environment;
  return `${at}, ${cpu}, ${cores} cores, ${memoryGB} GB, ${system}, Node ${node}, ${openssh}, commit ${commit}, load before ${loadBefore}`;
}

/** `ssh -V` prints its version on stderr. */
async function firstLine(program: string, args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args);
    return (stdout || stderr).split('\n')[0] ?? '';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return `no ${program}`;
    return `unknown ${program}`;
  }
}
