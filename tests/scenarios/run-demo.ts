// Starts the demo as a user does: as a separate process in its own process group.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { programArgs, sourceArgs } from '@fairlead/testkit/programs';

export interface RunningDemo {
  child: ChildProcess;
  /** Resolves with the JSON line for which `match` is true; rejects when the demo ends before. */
  line(match: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** The folder of its world. */
  dir: Promise<string>;
  ended: Promise<{ code: number | null; lines: Array<Record<string, unknown>>; stderr: string }>;
}

export interface DemoOptions {
  /** A shell line that starts the demo, for a parent in between; `$DEMO` stands for the command. */
  through?: string;
  /** Runs from the checkout, which bundles on demand; absent: the built CLI. */
  fromSource?: boolean;
}

export function startDemo(args: string[] = [], { through, fromSource = false }: DemoOptions = {}): RunningDemo {
  const program = fromSource ? sourceArgs('cli') : programArgs('cli');
  const command = [process.execPath, ...program, 'demo', '--json', ...args];
  const [first = '', ...rest] = through ? ['sh', '-c', through] : command;
  const child = spawn(first, rest, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEMO: command.map((word) => `'${word}'`).join(' ') },
  });
  const lines: Array<Record<string, unknown>> = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  if (!child.stdout) throw new Error('the demo has no stdout');
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    for (const look of waiting) look();
  });
  const ended = Promise.all([once(child, 'exit'), once(reading, 'close')]).then(([[code]]) => ({
    code: code as number | null,
    lines,
    stderr,
  }));
  async function line(match: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    const look = () => {
      const found = lines.find(match);
      if (found) resolve(found);
    };
    waiting.add(look);
    look();
    ended.then(() => reject(new Error(`the demo ended before: ${stderr}`)), reject);
    return promise;
  }
  const dir = line(({ event }) => event === 'demo.started').then((started) => String(started['dir']));
  return { child, ended, line, dir };
}

/** The leftovers of a demo: processes whose command line names its folder, and the folder. */
export function remainsOf(dir: string): string[] {
  const processes = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(dir));
  return [...processes, ...(existsSync(dir) ? [dir] : [])];
}
