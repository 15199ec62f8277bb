import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { detach, Scope, silentLog, systemClock } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EngineProcess, spawnEngine, type SpawnEngineOptions } from './spawn-engine.ts';

const onLinux = it.skipIf(process.platform !== 'linux');

describe('the end of an engine', () => {
  let scope: Scope;
  let count = 0;

  beforeEach(() => {
    scope = new Scope();
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  async function start(script: string, more: Partial<SpawnEngineOptions>): Promise<EngineProcess> {
    const says = Promise.withResolvers<void>();
    const engine = await spawnEngine({
      command: {
        argv: ['/bin/sh', '-c', script],
        env: { PATH: process.env['PATH'] ?? '', FAIRLEAD_INSTANCE: `end-${process.pid}-${(count += 1)}` },
      },
      socketPath: '/tmp/fa-none.sock',
      clock: systemClock,
      log: silentLog,
      onOutput: () => says.resolve(),
      ...more,
    });
    await says.promise;
    return engine;
  }

  const obedient = 'trap "exit 0" TERM; echo up; while :; do sleep 0.05; done';
  const deaf = 'trap "" TERM; echo up; while :; do sleep 0.05; done';

  it.each([
    ['obeys', obedient, { code: 0, signal: null }],
    ['does not obey', deaf, { code: null, signal: 'SIGKILL' }],
  ])(
    'has SIGTERM and SIGKILL sent although no look works, to one that %s, and is not told before one does',
    async (...[, script, exit]) => {
      let isBroken = true;
      const engine = await start(script, {
        stuckAfterMs: 100,
        find: async () => {
          if (isBroken) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
          return new Map();
        },
      });
      let isOver = false;
      const ended = engine.end(300).then(() => (isOver = true));
      expect(await engine.exited).toEqual(exit);
      expect(await engine.stuck).toEqual([]);
      await setImmediate();
      expect(isOver).toBe(false);
      isBroken = false;
      await ended;
    },
  );

  it('does not wait for a look that blocks', async () => {
    const engine = await start(obedient, { find: () => new Promise(() => undefined), stuckAfterMs: 0 });
    detach(engine.end(30_000));
    expect(await engine.exited).toEqual({ code: 0, signal: null });
    expect(await engine.stuck).toEqual([]);
  });

  it('names what does not die', async () => {
    // A process of ours that counts as the engine's for a while, and that the agent does not reap.
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    scope.defer(() => void other.kill('SIGKILL'));
    const pid = other.pid!;
    let isLeft = true;
    const engine = await start(obedient, {
      stuckAfterMs: 50,
      find: async () => (isLeft ? new Map([[pid, '']]) : new Map()),
    });
    const ended = engine.end(5_000);
    expect(await engine.stuck).toEqual([pid]);
    isLeft = false;
    await ended;
  });

  onLinux(
    'works where fewer files may be open than there are processes, and the spawn that finds none left says so',
    async () => {
      const crowd = Array.from({ length: 60 }, () => spawn('sleep', ['60'], { stdio: 'ignore' }));
      scope.defer(() => crowd.forEach((one) => void one.kill('SIGKILL')));
      await Promise.all(crowd.map((one) => once(one, 'spawn')));
      expect((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).length).toBeGreaterThan(60);
      const { lines, code } = await runLimited(60);
      expect(lines).toEqual(['without files: engine_spawn_failed, passing', 'spawned', 'gone', 'alive: false']);
      expect(code).toBe(0);
    },
  );
});

/** Runs a small agent in a process of its own that may open `files` files. */
async function runLimited(files: number): Promise<{ lines: string[]; code: number | null }> {
  const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const kit = JSON.stringify(import.meta.resolve('@fairlead/kit'));
  const script = `
    import { openSync, closeSync } from 'node:fs';
    const { spawnEngine } = await import(${here('./spawn-engine.ts')});
    const { findProcesses, isAlive } = await import(${here('./find-processes.ts')});
    const { durationOf, silentLog, systemClock } = await import(${kit});
    const options = {
      command: { argv: ['sleep', '60'], env: { PATH: process.env.PATH, FAIRLEAD_INSTANCE: 'limited-' + process.pid } },
      socketPath: '/tmp/fa-none.sock', onOutput() {}, clock: systemClock, log: silentLog, lookEveryMs: 20,
    };
    const open = [];
    try {
      for (;;) open.push(openSync('/dev/null', 'r'));
    } catch (error) {
      if (error.code !== 'EMFILE') throw error;
    }
    await spawnEngine(options).catch((error) => console.log('without files: ' + error.code + ', ' + durationOf(error)));
    for (const file of open) closeSync(file);
    const looked = Promise.withResolvers();
    const find = async (identity) => {
      const found = await findProcesses(identity);
      looked.resolve();
      return found;
    };
    const engine = await spawnEngine({ ...options, find });
    console.log('spawned');
    await looked.promise;
    await engine.end(5000);
    console.log('gone');
    console.log('alive: ' + isAlive(engine.pid));
    process.exit(0);
  `;
  const argv = ['--conditions=fairlead-source', '--input-type=module', '-e', script];
  const child = spawn('/bin/sh', ['-c', 'ulimit -n "$0"; exec "$@"', String(files), process.execPath, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { lines: output.trim().split('\n'), code };
}
