import { expect, it } from 'vitest';
import { judgeProgress, type ProgressMemory } from './judge-progress.ts';

const stallMs = 1000;
const at = (now: number, running: number, generationTokens: number) => ({
  now,
  metrics: { running, waiting: 0, promptTokens: 5, generationTokens },
});

function verdicts(...looks: Array<[now: number, running: number, tokens: number]>): string[] {
  let memory: ProgressMemory | undefined;
  return looks.map(([now, running, tokens]) => {
    const progress = judgeProgress(memory, at(now, running, tokens), stallMs);
    memory = progress.memory;
    return progress.verdict;
  });
}

it('judgeProgress calls an engine idle, however long its counters stand', () => {
  expect(verdicts([0, 0, 7], [5000, 0, 7])).toEqual(['idle', 'idle']);
});

it('judgeProgress sees tokens move', () => {
  expect(verdicts([0, 2, 7], [900, 2, 8], [1800, 2, 9])).toEqual(['waiting', 'progressed', 'progressed']);
});

it('judgeProgress calls it stalled when requests run and no token comes for the limit', () => {
  expect(verdicts([0, 1, 7], [900, 1, 7], [1000, 1, 7])).toEqual(['waiting', 'waiting', 'stalled']);
});

it('judgeProgress counts from when requests began to run, not from when the engine was idle', () => {
  expect(verdicts([0, 0, 7], [5000, 0, 7], [5500, 1, 7], [6400, 1, 7])).toEqual(['idle', 'idle', 'waiting', 'stalled']);
});
