import { silentLog, systemClock } from '@fairlead/kit';
import { healthSpec } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';
import { agentError } from '../agent-error.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { createProber, type ProbeReport, type ProberOptions } from './prober.ts';

const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(2, signal) };
const health = healthSpec.parse({ probeIntervalSeconds: 0, probeLimitSeconds: 0.1 });

function unreachable(code: string): Error {
  return agentError('engine_unreachable', `cannot ask the engine because ${code}`, {
    cause: Object.assign(new Error(code), { code }),
  });
}

/** A prober of an engine whose /health throws what `fail` gives for each of its calls, and answers where that is nothing. */
function probing(fail: (call: number) => Error | undefined, more: Partial<ProberOptions> = {}) {
  let calls = 0;
  const reports: ProbeReport[] = [];
  let wake = Promise.withResolvers<void>();
  const client: EngineClient = {
    async get(path) {
      if (path !== '/health') return { status: 404, body: '' };
      const failure = fail((calls += 1));
      wake.resolve();
      wake = Promise.withResolvers();
      if (failure) throw failure;
      return { status: 200, body: '' };
    },
    post: async () => ({ status: 200, body: '{}' }),
  };
  const prober = createProber({
    client,
    completeOneToken: async () => undefined,
    health,
    clock,
    log: silentLog,
    report: (report) => void reports.push(report),
    onMetrics: () => undefined,
    ...more,
  });
  const asked = async (count: number) => {
    while (calls < count) await wake.promise;
  };
  return { prober, reports, asked };
}

describe('the prober', () => {
  it.each(['EMFILE', 'ENFILE'])('says nothing of an engine that it cannot ask because of %s', async (code) => {
    let healed = false;
    const { prober, reports, asked } = probing(() => (healed ? undefined : unreachable(code)));
    prober.start('watch');
    // One probe asks 50 times at most: its limit is 100 ms, and it waits 2 ms between two questions.
    await asked(120);
    expect(reports).toEqual([]);
    healed = true;
    await expect.poll(() => reports).toContainEqual({ type: 'probe.succeeded' });
    expect(reports).not.toContainEqual(expect.objectContaining({ type: 'probe.failed' }));
    await asked(1);
    prober.stop();
  });

  it('asks again where the accept queue is full for a moment, and calls the engine sick where it stays full', async () => {
    const moment = probing((call) => (call <= 3 ? unreachable('EAGAIN') : undefined));
    moment.prober.start('watch');
    await expect.poll(() => moment.reports).toContainEqual({ type: 'probe.succeeded' });
    expect(moment.reports[0]).toEqual({ type: 'probe.succeeded' });
    moment.prober.stop();
    const full = probing(() => unreachable('EAGAIN'));
    full.prober.start('watch');
    await expect.poll(() => full.reports).toContainEqual({ type: 'probe.failed', reason: 'no answer within 0.1 s' });
    full.prober.stop();
  });

  it('goes on when what it tells throws', async () => {
    const told: string[] = [];
    let looks = 0;
    const { prober, asked } = probing(() => undefined, {
      report: ({ type }) => {
        told.push(type);
        throw new Error('a listener failed');
      },
      onMetrics: () => {
        if ((looks += 1) === 3) throw new Error('another one failed');
      },
    });
    prober.start('watch');
    await asked(4);
    await expect.poll(() => told.length).toBeGreaterThan(2);
    prober.stop();
  });

  it('probes until the first completion and then no more', async () => {
    const { prober, reports, asked } = probing((call) => (call === 1 ? unreachable('ECONNREFUSED') : undefined));
    prober.start('until-ready');
    await asked(2);
    await expect.poll(() => reports).toEqual([{ type: 'probe.answering' }, { type: 'probe.succeeded' }]);
  });
});
