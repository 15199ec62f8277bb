import { access, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope, silentLog, systemClock } from '@fairlead/kit';
import { programArgs } from '@fairlead/testkit/programs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMarked, findProcesses } from './find-processes.ts';
import { LastLines } from './last-lines.ts';
import { type EngineProcess, spawnEngine } from './spawn-engine.ts';

const onLinux = it.skipIf(process.platform !== 'linux');

describe('an engine process', () => {
  let scope: Scope;
  let socketPath: string;
  let count = 0;
  let instance: string;

  beforeEach(async () => {
    scope = new Scope();
    const dir = await mkdtemp('/tmp/fa-eng-');
    scope.defer(() => rm(dir, { recursive: true }));
    socketPath = join(dir, 'e.sock');
    instance = `test-${process.pid}-${(count += 1)}`;
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  async function start(
    argv: [string, ...string[]],
  ): Promise<{ engine: EngineProcess; output: LastLines; says: (text: string) => Promise<void> }> {
    const output = new LastLines();
    let wake = Promise.withResolvers<void>();
    const engine = await spawnEngine({
      command: { argv, env: { PATH: process.env['PATH'] ?? '', FAIRLEAD_INSTANCE: instance } },
      socketPath,
      clock: systemClock,
      log: silentLog,
      lookEveryMs: 50,
      onOutput: (block) => {
        output.push(block);
        wake.resolve();
        wake = Promise.withResolvers();
      },
    });
    scope.defer(() => engine.end(0));
    const says = async (text: string) => {
      while (!output.lines.join('\n').includes(text)) await wake.promise;
    };
    return { engine, output, says };
  }

  const sim = (...faults: string[]): [string, ...string[]] => [
    process.execPath,
    ...programArgs('engine-sim'),
    'serve',
    'demo',
    '--uds',
    socketPath,
    ...faults.flatMap((fault) => ['--sim-fault', fault]),
  ];
  /** Those of `known` that live, and what else belongs to the engine. A zombie does not live. */
  const familyOf = (engine: EngineProcess, known: ReadonlyMap<number, string> = new Map()) =>
    findProcesses({ pid: engine.pid, marker: `FAIRLEAD_INSTANCE=${instance}`, known });
  const left = () => findMarked(`FAIRLEAD_INSTANCE=${instance}`);

  it('ends on one SIGTERM when it obeys, and its socket goes with it', async () => {
    const { engine, says } = await start(sim());
    await says('Application startup complete.');
    await engine.end(10_000);
    expect(await engine.exited).toEqual({ code: 0, signal: null });
    expect(await left()).toEqual([]);
    await expect(access(socketPath)).rejects.toThrow('ENOENT');
  });

  it('gets a second SIGTERM when it loses the first', async () => {
    const { engine, says } = await start(sim('lose-term'));
    await says('Application startup complete.');
    const before = systemClock.monotonicMs();
    await engine.end(15_000);
    expect(await engine.exited).toEqual({ code: 0, signal: null });
    expect(systemClock.monotonicMs() - before).toBeGreaterThan(3000);
  });

  onLinux('is killed at the limit with all it started, whatever group or session that is in', async () => {
    const { engine, says } = await start(sim('lose-term:99', 'leave-child', 'leave-child:session'));
    await says('Application startup complete.');
    const family = await familyOf(engine);
    expect(family.size).toBe(3);
    await engine.end(200);
    expect((await engine.exited).signal).toBe('SIGKILL');
    expect(await familyOf(engine, family)).toEqual(new Map());
  });

  onLinux('leaves nothing when it ends by itself and leaves children that forgot whose they are', async () => {
    const { engine, says } = await start(sim('leave-child:session', 'exit:0:2000'));
    await says('Application startup complete.');
    const family = await familyOf(engine);
    expect(family.size).toBe(2);
    expect(await engine.exited).toEqual({ code: 0, signal: null });
    expect((await familyOf(engine, family)).size).toBe(1);
    await engine.end(10_000);
    expect(await familyOf(engine, family)).toEqual(new Map());
  });

  onLinux('leaves no child that kept its environment, also when it lived but a moment', async () => {
    const { engine } = await start(['/bin/sh', '-c', 'setsid sleep 300 >/dev/null 2>&1 & exit 0']);
    expect(await engine.exited).toEqual({ code: 0, signal: null });
    expect(await left()).toHaveLength(1);
    await engine.end(10_000);
    expect(await left()).toEqual([]);
  });

  it('may be told to hurry', async () => {
    const { engine, says } = await start(['/bin/sh', '-c', `trap '' TERM; echo up; while :; do sleep 0.1; done`]);
    await says('up');
    const patient = engine.end(60_000);
    await engine.end(100);
    await patient;
    expect((await engine.exited).signal).toBe('SIGKILL');
  });

  it('hands over its last lines before it counts as exited', async () => {
    const { engine, output } = await start(['/bin/sh', '-c', 'echo to stdout; echo to stderr >&2; exit 3']);
    expect(await engine.exited).toEqual({ code: 3, signal: null });
    expect([...output.lines].sort()).toEqual(['to stderr', 'to stdout']);
  });

  it('says which program is missing', async () => {
    await expect(start(['/nowhere/vllm'])).rejects.toMatchObject({
      code: 'engine_spawn_failed',
      message: expect.stringContaining('/nowhere/vllm'),
    });
  });
});
