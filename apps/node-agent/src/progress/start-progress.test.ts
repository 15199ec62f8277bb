import type { PhaseSeen } from '@fairlead/engines';
import { expect, it } from 'vitest';
import { createStartProgress } from './start-progress.ts';

function told(...seen: PhaseSeen[]) {
  const news: string[] = [];
  const progress = createStartProgress(({ phase, percent }) => news.push([phase, percent].join(' ').trim()));
  for (const one of seen) progress.see(one);
  return { news, progress };
}

it('The progress of a start takes bytes on disk between the line that vLLM loads and its first shard', () => {
  const { news, progress } = told(
    { phase: 'loading' },
    { phase: 'downloading', percent: 10, detail: '1.6 of 16.1 GB' },
    { phase: 'downloading', percent: 77, detail: '12.4 of 16.1 GB' },
    { phase: 'loading', percent: 0, detail: 'shard 0/4' },
    { phase: 'downloading', percent: 99 },
    { phase: 'compiling' },
  );
  expect(news).toEqual(['loading', 'downloading 10', 'downloading 77', 'loading 0', 'compiling']);
  expect(progress.hasWeights).toBe(true);
});

it('The progress of a start never goes back, says nothing twice, and is over when the engine is up', () => {
  const { news, progress } = told(
    { phase: 'loading', percent: 50 },
    { phase: 'loading', percent: 50 },
    { phase: 'booting' },
    { phase: 'probing' },
    { phase: 'warming', percent: 3 },
  );
  expect(news).toEqual(['loading 50', 'probing']);
  expect(progress.isOver).toBe(true);
});
