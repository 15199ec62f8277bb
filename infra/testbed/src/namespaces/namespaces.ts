// Starts the process tree of a host (or of the router) in fresh namespaces, and waits until its init says it is ready.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { TestbedError } from '../errors.ts';
import { namespacesOf } from '../hosts/enter.ts';
import { initBelow, readProcessId, type ProcessId } from '../processes/process-id.ts';

export interface NamespacesOptions {
  name: string;
  script: string;
  /** Gets the script's stderr. */
  logFile: string;
  /** The pid in whose namespaces the new ones are made: a host is inside the router, so that it ends with the router. */
  inside?: number;
}

export interface StartedNamespaces {
  init: ProcessId;
  /** Settles when the process tree has ended. */
  ended: Promise<void>;
}

const unshareArgv = [
  'unshare',
  '-n',
  '-m',
  '-p',
  '-u',
  '-i',
  '--fork',
  '--kill-child=SIGKILL',
  '--mount-proc',
  '--propagation',
  'private',
];

/** Resolves when the init is ready; throws `boot_failed`. With `inside`, the tree ends with that process and does not keep the caller's event loop alive; else it ends with the caller and does. */
export async function startNamespaces(options: NamespacesOptions): Promise<StartedNamespaces> {
  const outer =
    options.inside === undefined ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [...namespacesOf(options.inside), '--'];
  const argv = [...outer, ...unshareArgv, 'bash', '-euc', options.script];
  const log = openSync(options.logFile, 'a');
  const child = spawn(argv[0]!, argv.slice(1), { cwd: '/', detached: true, stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const ended = Promise.withResolvers<void>();
  let end = 'it runs, but its first process was not found';
  child.on('error', ended.reject);
  child.on('exit', (code, signal) => {
    end = `it ended with ${signal ?? code}`;
    ended.resolve();
  });
  const ready = Promise.withResolvers<boolean>();
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('ready')) ready.resolve(true);
  });
  child.stdout!.on('close', () => ready.resolve(false));
  const isReady = await Promise.race([ready.promise, ended.promise.then(() => false)]);
  const pid = isReady ? await initBelow(child.pid!) : undefined;
  const init = pid === undefined ? undefined : readProcessId(pid);
  if (!init) throw bootFailed(options, end);
  child.stdout!.destroy();
  if (options.inside !== undefined) child.unref();
  return { init, ended: ended.promise };
}

function bootFailed(options: NamespacesOptions, end: string): TestbedError {
  const lastLines = readFileSync(options.logFile, 'utf8').trim().split('\n').slice(-5).join(' | ');
  return new TestbedError(
    'boot_failed',
    `cannot boot ${options.name} because ${end}: ${lastLines || 'it said nothing'}`,
  );
}
