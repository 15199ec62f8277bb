import { silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { healthSpec } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';
import { agentError } from '../agent-error.ts';
import { createProber, type ProbeEvent, type ProberOptions } from './prober.ts';

const health = healthSpec.parse({ probeIntervalSeconds: 10, probeLimitSeconds: 1 });

function unreachable(code: string): Error {
  return agentError('engine_unreachable', `cannot ask the engine because ${code}`, {
    cause: Object.assign(new Error(code), { code }),
  });
}

/** A prober of an engine whose health check throws what `fail` gives for each of its calls, and answers where that is nothing. */
function probing(fail: (call: number) => Error | undefined, more: Partial<ProberOptions> = {}) {
  const clock = new ManualClock();
  let calls = 0;
  const reports: ProbeEvent[] = [];
  const checkHealth = async () => {
    const failure = fail((calls += 1));
    if (failure) throw failure;
  };
  const prober = createProber({
    checkHealth,
    readMetrics: async () => undefined,
    completeOneToken: async () => undefined,
    pieces: () => 0,
    health,
    clock,
    log: silentLog,
    report: (report) => void reports.push(report),
    onMetrics: () => undefined,
    ...more,
  });
  /** The looks at /health so far. */
  const asked = () => calls;
  return { prober, reports, asked, pass: (ms: number) => clock.advance(ms) };
}

describe('the prober', () => {
  it.each(['EMFILE', 'ENFILE'])('says nothing of an engine that it cannot ask because of %s', async (code) => {
    let healed = false;
    const { prober, reports, pass } = probing(() => (healed ? undefined : unreachable(code)));
    prober.start('watch');
    // Longer than the limit of one probe.
    await pass(30_000);
    expect(reports).toEqual([]);
    healed = true;
    await pass(30_000);
    expect(reports).toContainEqual({ type: 'probe.succeeded' });
    expect(reports).not.toContainEqual(expect.objectContaining({ type: 'probe.doubtful' }));
    prober.stop();
  });

  it('asks again where the accept queue is full for a moment, and calls the engine sick where it stays full', async () => {
    const moment = probing((call) => (call <= 3 ? unreachable('EAGAIN') : undefined));
    moment.prober.start('watch');
    await moment.pass(30_000);
    expect(moment.reports[0]).toEqual({ type: 'probe.succeeded' });
    moment.prober.stop();
    const full = probing(() => unreachable('EAGAIN'));
    full.prober.start('watch');
    await full.pass(30_000);
    expect(full.reports).toContainEqual({ type: 'probe.doubtful', reason: 'no answer within 1 s' });
    full.prober.stop();
  });

  it.each(['ECONNREFUSED', 'ENOENT'])('calls an engine closed, not hung, whose socket answers %s', async (code) => {
    const { prober, reports, pass } = probing((call) => (call > 1 ? unreachable(code) : undefined));
    prober.start('watch');
    await pass(30_000);
    expect(reports.map(({ type }) => type)).toEqual(['probe.doubtful', 'probe.closed']);
    prober.stop();
  });

  it('goes on when what it tells throws', async () => {
    const told: string[] = [];
    let looks = 0;
    const { prober, asked, pass } = probing(() => undefined, {
      report: ({ type }) => {
        told.push(type);
        throw new Error('a listener failed');
      },
      onMetrics: () => {
        if ((looks += 1) === 3) throw new Error('another one failed');
      },
    });
    prober.start('watch');
    await pass(120_000);
    expect(asked()).toBeGreaterThan(4);
    expect(told.length).toBeGreaterThan(2);
    prober.stop();
  });

  it('reports that a probe itself fails, so that the instance is not called ready without probes', async () => {
    const { prober, reports, pass } = probing(() => undefined, {
      onMetrics: (() => {
        let looks = 0;
        return () => {
          if ((looks += 1) > 1) throw new Error('a listener failed');
        };
      })(),
    });
    prober.start('watch');
    await pass(10_000);
    expect(reports).toContainEqual({
      type: 'probe.broken',
      reason: 'the agent cannot probe the engine: a listener failed',
    });
    expect(() => prober.stop()).toThrow('a listener failed');
  });

  it('probes until the first completion and then no more', async () => {
    const { prober, reports, asked, pass } = probing((call) => (call === 1 ? unreachable('ECONNREFUSED') : undefined));
    prober.start('until-ready');
    await pass(1_000);
    expect(asked()).toBe(2);
    expect(reports).toEqual([{ type: 'probe.answering' }, { type: 'probe.succeeded' }]);
  });
});
