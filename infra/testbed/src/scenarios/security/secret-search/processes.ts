// Records the argv and the environment of every process of a testbed, from its start, and searches them.

import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isOutOfReach, listPids } from '@fairlead/kit';
import type { SecretFinder } from '@fairlead/testkit';
import type { TestbedHandle } from '../../../testbed.ts';

export interface ProcessFound {
  host: string;
  kind: string;
  /** `argv`, or the name of the environment variable. */
  where: string;
  /** As `ps` shows it, without the secret. */
  program: string;
  uid: number;
}

interface ProcessSeen {
  host: string;
  uid: number;
  argv: string[];
  environ: string[];
}

const pollIntervalMs = 25;
/** Reads a process again this long after it was first seen: it may have executed another program. */
const youngMs = 300;

/** Reads from outside, so that it changes nothing inside. May miss a process that lives shorter than one pass. */
export class ProcessRecorder implements Disposable {
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #firstSeen = new Map<number, number>();
  readonly #seen = new Map<string, ProcessSeen>();
  readonly #timer: NodeJS.Timeout;

  constructor(testbed: TestbedHandle) {
    const { hosts } = testbed.state();
    const named = Object.entries(hosts).map(([name, { pid }]) => [readlinkSync(`/proc/${pid}/ns/pid`), name] as const);
    this.#hosts = new Map(named);
    this.#timer = setInterval(() => this.#look(Date.now()), pollIntervalMs);
  }

  get count(): number {
    return this.#seen.size;
  }

  /** Searches what was recorded so far, and all processes that run now. */
  find(finder: SecretFinder): ProcessFound[] {
    this.#firstSeen.clear();
    this.#look(Date.now());
    return [...this.#seen.values()].flatMap((process) => findIn(process, finder));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(nowMs: number): void {
    const pids = listPids();
    const there = new Set(pids);
    for (const pid of this.#firstSeen.keys()) if (!there.has(pid)) this.#firstSeen.delete(pid);
    for (const pid of pids) {
      const firstMs = this.#firstSeen.get(pid);
      if (firstMs === undefined) this.#firstSeen.set(pid, nowMs);
      else if (nowMs - firstMs > youngMs) continue;
      const process = unlessGone(() => this.#read(pid));
      if (process) this.#seen.set(JSON.stringify(process), process);
    }
  }

  #read(pid: number): ProcessSeen | undefined {
    const host = this.#hosts.get(readlinkSync(`/proc/${pid}/ns/pid`));
    if (host === undefined) return undefined;
    const list = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
    return { host, uid: statSync(`/proc/${pid}`).uid, argv: list('cmdline'), environ: list('environ') };
  }
}

function findIn({ host, uid, argv, environ }: ProcessSeen, finder: SecretFinder): ProcessFound[] {
  const shown = argv
    .slice(0, 4)
    .map((word) => (finder.kindsIn(word).length > 0 ? '***' : basename(word.slice(0, 200))));
  const program = shown.join(' ').trim();
  const inArgv = finder.kindsIn(argv.join(' ')).map((kind) => ({ host, kind, where: 'argv', program, uid }));
  const inEnvironment = environ.flatMap((variable) =>
    finder.kindsIn(variable).map((kind) => ({ host, kind, where: variable.split('=')[0] ?? '', program, uid })),
  );
  return [...inArgv, ...inEnvironment];
}

/** Undefined when the process has ended. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}
