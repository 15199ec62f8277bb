import { describe, expect, it } from 'vitest';
import { drainWindow, placeSignal, warningSeconds } from './drain-window.ts';

const minutes = (count: number) => count * 60_000;

describe('drainWindow', () => {
  it.each([
    ['a minute', minutes(1), 15_000],
    ['4 minutes', minutes(4), 60_000],
    ['8 minutes', minutes(8), 120_000],
    ['4 hours', minutes(240), 120_000],
    ['7 days', minutes(7 * 24 * 60), 120_000],
    ['no time at all', 0, 0],
  ])('of a job of %s is the wanted time, and a quarter of the job at most', (_what, limitMs, lastsMs) => {
    const startMs = 1_795_222_770_000;
    const endMs = startMs + limitMs;
    expect(drainWindow(startMs, endMs, 120_000)).toEqual({ fromMs: endMs - lastsMs, untilMs: endMs });
    expect(warningSeconds(limitMs, 120_000)).toBe(Math.max(1, lastsMs / 1000));
  });
});

it('placeSignal tells a warning that came early from one that has another reason', () => {
  const window = drainWindow(0, minutes(240), 120_000);
  const ahead = (seconds: number) => placeSignal(window, window.fromMs - seconds * 1000);
  expect([ahead(61), ahead(60), ahead(1), ahead(0), ahead(-60)]).toEqual(['unrelated', 'early', 'early', 'due', 'due']);
});
