import { describe, expect, it } from 'vitest';

import { sinceJobMs, stepsOfEvents, timelineTable } from './timeline.ts';

describe('The steps of a start', () => {
  it('are read from the history, from the moment of the command; the later of two tunnels counts', () => {
    const events = [
      { kind: 'deployment.created', atMs: 1_010 },
      { kind: 'agent.started', atMs: 1_100 },
      { kind: 'tunnel.up', atMs: 1_200 },
      { kind: 'tunnel.up', atMs: 1_250 },
      { kind: 'agent.enrolled', atMs: 1_230 },
      { kind: 'engine.ready', atMs: 1_400 },
      { kind: 'engine.ready', atMs: 9_000 },
    ];
    expect(stepsOfEvents(events, 1_000)).toEqual({
      'agent up': 100,
      'tunnel up': 250,
      registered: 230,
      'engine up': 400,
    });
  });

  it('leave out what is not in the history', () => {
    expect(stepsOfEvents([], 0)).toEqual({});
  });

  it('are judged from the start of the job to the first token', () => {
    expect(sinceJobMs({ 'job started': 400, 'first token': 1_900 })).toBe(1_500);
    expect(sinceJobMs({ 'job started': 400 })).toBeNaN();
  });

  it('are shown in order, without those that were not needed', () => {
    const { rows } = timelineTable('T', [{ submit: 100, 'job started': 150, 'first token': 900 }]);
    expect(rows).toEqual([
      ['submit', '100', '100', '100', ''],
      ['job started', '150', '150', '150', '0.00'],
      ['first token', '900', '900', '900', '750'],
    ]);
  });
});
