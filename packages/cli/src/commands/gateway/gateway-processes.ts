// The processes of a gateway that serves: the current one, its successor while that starts, and those that drain. All share one listener, which
// this process holds: connections that come while one takes over from another are lost by neither.

import type { ChildProcess } from 'node:child_process';
import cluster, { type Worker } from 'node:cluster';

import { cacheDir } from '@fairlead/client/cache-dir';
import { CodedError, detach, errorText, markHandled } from '@fairlead/kit';
import { findBundle } from '@fairlead/launch';

import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { eachLine, gatewayArguments, type GatewayLine, readGatewayLine } from './gateway-program.ts';

type Listening = GatewayLine<'gateway.listening'>;

interface Part {
  worker: Worker;
  /** Rejects with what it told, where it ends before. */
  listening: Promise<Listening>;
  ended: Promise<void>;
  problems: () => string;
}

export interface GatewayProcessesOptions {
  words: readonly string[];
  context: Context;
  onListening: (line: Listening) => void;
  /** What a process says on stderr while it serves. */
  onProblem: (text: string) => void;
}

export class GatewayProcesses {
  readonly #options: GatewayProcessesOptions;
  readonly #parts = new Set<Part>();
  /** Those that take no more connections. */
  readonly #draining = new Set<Part>();
  readonly #over = Promise.withResolvers<string>();
  #current: Part | undefined;
  #isReplacing = false;

  constructor(options: GatewayProcessesOptions) {
    this.#options = options;
  }

  /** Resolves when the one that served has ended and no other one has taken over, with what it said last. Rejects where the first one does not come up. */
  async run(): Promise<string> {
    const { signal } = this.#options.context;
    const onAbort = () => this.#parts.forEach(({ worker }) => void worker.process.kill('SIGTERM'));
    // A Ctrl-C of a terminal reaches them too; a second signal changes nothing.
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#serveWith(await this.#start([]));
      const last = await this.#over.promise;
      onAbort();
      return last;
    } finally {
      await Promise.all([...this.#parts].map(({ ended }) => ended));
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #serveWith(part: Part): Promise<void> {
    const line = await part.listening;
    this.#current = part;
    this.#options.onListening(line);
  }

  async #start(more: readonly string[]): Promise<Part> {
    const { words, context } = this.#options;
    const { path } = await findBundle('gateway', cacheDir(context));
    context.signal.throwIfAborted();
    // The listener is shared, and each process takes connections from it: none passes through this one.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: path,
      execArgv: [...gatewayArguments],
      args: [...words, ...more],
      cwd: context.cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return this.#watch(cluster.fork(context.env));
  }

  #watch(worker: Worker): Part {
    const listening = Promise.withResolvers<Listening>();
    const problems: string[] = [];
    const told = () => problems.join('\n').slice(-500);
    worker.process.stderr!.on('data', (piece) => {
      const text = String(piece).trimEnd();
      problems.push(text);
      if (this.#current === part || this.#draining.has(part)) this.#options.onProblem(text);
    });
    const reading = eachLine(worker.process, (line) => {
      if (line.includes('"gateway.draining"')) return void this.#draining.add(part);
      try {
        listening.resolve(readGatewayLine('gateway.listening', line, told()));
      } catch (error) {
        listening.reject(error);
      }
    });
    const ended = reading.then(() => this.#onEnded(part, listening.reject));
    const part: Part = { worker, listening: listening.promise, ended, problems: told };
    markHandled(listening.promise);
    worker.on('message', (message: { ask?: string } | undefined) => {
      if (message?.ask === 'gateway.restart') detach(this.#replace(part));
    });
    this.#parts.add(part);
    return part;
  }

  #onEnded(part: Part, reject: (error: unknown) => void): void {
    const said = endOf(part.problems(), part.worker.process);
    reject(gatewayEnded(said));
    this.#parts.delete(part);
    // While it is replaced, its successor takes its place or brings the end.
    if (part === this.#current && !this.#isReplacing) this.#over.resolve(said);
  }

  /** Answers the process that asked. It serves on where its successor fails before it has handed over. */
  async #replace(part: Part): Promise<void> {
    const answer = (said: object) => part.worker.send({ answer: 'gateway.restart', ...said }, () => undefined);
    if (this.#isReplacing || part !== this.#current)
      return void answer({ ok: false, message: 'another process is being started' });
    this.#isReplacing = true;
    try {
      await this.#serveWith(await this.#start(['--take-over']));
      answer({ ok: true });
    } catch (error) {
      this.#options.onProblem(`the successor has failed: ${errorText(error)}`);
      answer({ ok: false, message: `its successor has failed: ${errorText(error)}` });
      if (this.#draining.has(part) || !this.#parts.has(part)) await this.#startAgain();
    } finally {
      this.#isReplacing = false;
    }
  }

  /** No process takes connections: one more is tried. */
  async #startAgain(): Promise<void> {
    try {
      await this.#serveWith(await this.#start([]));
    } catch (error) {
      this.#over.resolve(errorText(error));
    }
  }
}

/** What a process has said last; where it said nothing, how it ended. */
export function endOf(said: string, { exitCode, signalCode }: Pick<ChildProcess, 'exitCode' | 'signalCode'>): string {
  if (said.trim() !== '') return said;
  return signalCode === null ? `it said nothing (exit code ${exitCode})` : `${signalCode} has ended it`;
}

export function gatewayEnded(problems: string): CodedError<CliErrorCode> {
  return new CodedError<CliErrorCode>('gateway_failed', `the gateway has ended: ${problems}`, {
    hint: 'Start it again; if it ends again, report it with this message.',
  });
}
