// A testbed that records the output of every command that runs in it.

import type { ChildProcess } from 'node:child_process';
import type { SecretFinder } from '@fairlead/testkit';
import type { FinishedCommand } from '../../../processes/run-command.ts';
import { type ExecOptions, type SpawnOptions, TestbedHandle } from '../../../testbed.ts';

export interface OutputFound {
  host: string;
  kind: string;
  command: string;
  where: 'stdout' | 'stderr';
}

interface Output {
  host: string;
  command: string;
  stdout: string;
  stderr: string;
}

export class RecordingTestbed extends TestbedHandle {
  readonly outputs: Output[] = [];

  override async exec(host: string, argv: readonly string[], options: ExecOptions = {}): Promise<FinishedCommand> {
    const finished = await super.exec(host, argv, options);
    this.outputs.push({ host, command: argv.join(' '), stdout: finished.stdout, stderr: finished.stderr });
    return finished;
  }

  override spawn(host: string, argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = super.spawn(host, argv, options);
    const output: Output = { host, command: argv.join(' '), stdout: '', stderr: '' };
    this.outputs.push(output);
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.on('data', (chunk) => (output[name] += String(chunk)));
    return child;
  }

  find(finder: SecretFinder): OutputFound[] {
    return this.outputs.flatMap(({ host, command, ...said }) =>
      (['stdout', 'stderr'] as const).flatMap((where) =>
        finder.kindsIn(said[where]).map((kind) => ({ host, kind, command: withoutSecrets(command, finder), where })),
      ),
    );
  }
}

function withoutSecrets(command: string, finder: SecretFinder): string {
  return command
    .split(' ')
    .map((word) => (finder.kindsIn(word).length > 0 ? '***' : word))
    .join(' ');
}
