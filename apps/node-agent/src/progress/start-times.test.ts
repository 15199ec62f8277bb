import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, defined, Scope, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { engineSpec, startTimes } from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { durationWords } from './duration-words.ts';
import { openStartMemory } from './start-memory.ts';
import { readStartTimes, rememberStart, StartWatch, withStart } from './start-times.ts';

/** A clock whose wall time is elsewhere from its second look on. */
function jumping(clock: ManualClock, byMs: number): Clock {
  let looks = 0;
  return {
    now: () => clock.now() + ((looks += 1) > 1 ? byMs : 0),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}

async function directory(scope: Scope): Promise<string> {
  const dir = await mkdtemp('/tmp/fa-times-');
  scope.defer(() => rm(dir, { recursive: true }));
  return dir;
}

it('A start is timed phase by phase, and one that failed counts for nothing', () => {
  const watch = new StartWatch();
  watch.enter('booting', 0);
  watch.forget();
  watch.enter('booting', 1000);
  watch.enter('loading', 4000);
  watch.enter('loading', 5000);
  watch.enter('probing', 9000);
  expect(watch.finish(9500)).toEqual({ totalMs: 8500, phases: { booting: 3000, loading: 5000, probing: 500 } });
  expect(watch.finish(9600)).toBeUndefined();
});

it('Times of starts are kept in a 0600 file of a bounded number of entries, and a spoilt file costs no more than the times', async () => {
  await using scope = new Scope();
  const file = join(await directory(scope), 'start-times.json');
  expect((await readStartTimes(file)).starts).toEqual({});
  await writeFile(file, '{"version": 7');
  await rememberStart(file, 'a', { atMs: 1, totalMs: 5, phases: {} });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readStartTimes(file)).starts['a']).toEqual({ atMs: 1, totalMs: 5, phases: {} });
  await writeFile(file, '[]');
  expect((await readStartTimes(file)).starts).toEqual({});
  let times = await readStartTimes(file);
  for (let atMs = 1; atMs <= 150; atMs++) times = withStart(times, `k${atMs}`, { atMs, totalMs: 1, phases: {} });
  expect(Object.keys(times.starts)).toHaveLength(100);
  expect(times.starts).toHaveProperty('k150');
});

it('The next start of a model on such a node is told what the last one took, whatever the wall clock does meanwhile', async () => {
  await using scope = new Scope();
  const stateDir = await directory(scope);
  const said: string[] = [];
  const file = join(stateDir, 'start-times.json');
  const start = async (tookMs: number, { jumpMs = 0, lastStartMs }: { jumpMs?: number; lastStartMs?: number } = {}) => {
    const clock = new ManualClock();
    const spec = { model: 'org/model', engine: engineSpec.parse({ name: 'vllm' }), stateDir };
    const env = { SLURM_JOB_PARTITION: 'gpu', CUDA_VISIBLE_DEVICES: '0,1' };
    const memory = openStartMemory({
      spec,
      deps: { clock: jumping(clock, jumpMs), env, log: silentLog },
      note: (text) => said.push(text),
    });
    const starting = { status: 'starting', engine: 'starting', phase: 'loading', starts: [] } as const;
    await expect
      .poll(() => memory.view(starting), { interval: 5 })
      .toEqual({ status: 'starting', phase: 'loading', ...defined({ lastStartMs }) });
    await clock.advance(tookMs, tookMs);
    expect(memory.view({ status: 'ready', starts: [] })).toEqual({ status: 'ready' });
    await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { interval: 5 }).toContain(String(tookMs));
  };
  await start(245_000);
  const { starts } = startTimes.parse(JSON.parse(await readFile(file, 'utf8')));
  expect(starts).toHaveProperty(['org/model | vllm | 2 GPUs | gpu']);
  await start(252_000, { jumpMs: -86_400_000, lastStartMs: 245_000 });
  expect(said).toEqual(['ready in 4 min 05 s', 'ready in 4 min 12 s (last time 4 min 05 s)']);
});

it.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [245_000, '4 min 05 s'],
  [3_840_000, '1 h 04 min'],
])('%i ms are %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});
