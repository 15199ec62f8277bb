// A Host at the other end of an SSH connection.

import { dirname } from 'node:path/posix';

import { CodedError, linesOf, shellJoin } from '@fairlead/kit';
import { createSshRunner, type SshConnection, streamScript } from '@fairlead/ssh';

import type { LaunchErrorCode } from '../launch-error.ts';
import { factsScript, type Host, parseFacts } from './host.ts';
import { followLeashed, leashScript } from './leashed-command.ts';

/** Owns the connection: disposing the host closes it. */
export async function openSshHost(connection: SshConnection, label: string): Promise<Host> {
  const runner = createSshRunner(connection);
  const asked = await runner.run(['sh', '-c', factsScript]);
  const facts = parseFacts(asked.stdout);
  if (asked.code !== 0 || facts.home === '') {
    throw new CodedError<LaunchErrorCode>(
      'remote_unfit',
      `cannot use ${label} because a simple command there failed: ${(asked.stderr || asked.stdout).trim().slice(-200) || `exit ${asked.code}`}`,
      {
        hint: `Try: ssh ${label} 'echo $HOME'. A login shell that runs another program (exec tmux) must not do so without a terminal.`,
      },
    );
  }
  return {
    label,
    facts,
    runner,
    async upload(source, remotePath, options) {
      const made = await runner.run(['sh', '-c', 'umask 077; mkdir -p "$1"', 'sh', dirname(remotePath)]);
      if (made.code !== 0) {
        throw new CodedError<LaunchErrorCode>(
          'remote_unfit',
          `cannot make ${dirname(remotePath)} on ${label}: ${made.stderr.trim()}`,
          {
            hint: 'Choose another directory in the configuration (paths.state, paths.runtime or bastion.stateDir).',
          },
        );
      }
      await connection.upload(source, remotePath, options);
    },
    async *tail(path, options) {
      const argv = ['tail', '-n', String(options.lines), ...(options.follow ? ['-F'] : []), '--', path];
      await using process = await connection.stream(argv, { signal: options.signal });
      // What it says besides is not waited for: an unread stream would hold up the other.
      process.stderr.resume();
      yield* linesOf(process.stdout, options.signal);
    },
    async runLeashed(argv, options) {
      const { input = '', signal } = options;
      const script = `exec ${shellJoin(['bash', '-c', leashScript, 'bash', ...argv])}`;
      await using process = await streamScript(connection, script, { input: `${input}\n`, signal });
      return await followLeashed(process, options);
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
