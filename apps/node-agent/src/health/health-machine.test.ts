import { listTransitions, renderTransitions, silentLog, untilAborted } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { healthSpec } from '@fairlead/protocol';
import type { EngineMetrics } from '@fairlead/engines';
import { describe, expect, it } from 'vitest';
import { healthMachine } from './health-table.ts';
import { createProber, type ProbeEvent } from './prober.ts';

/** What the budget of DESIGN allows, from the moment at which the engine freezes. */
const budgetMs = 60_000;
const freezeAfterMs = 100_000;

type Load = 'idle' | 'busy' | 'prefill';
type Frozen = 'nothing' | 'core' | 'server';
/** How the page of metrics is. `slow`: later than its limit. `unreadable`: huge or malformed, so that nothing is read from it. */
type Page = 'good' | 'slow' | 'unreadable' | 'none';

/** An engine as vLLM 0.32 was measured, on a clock that the test holds. */
function engineOf({ load, frozen, page }: { load: Load; frozen: Frozen; page: Page }, clock: ManualClock) {
  const isFrozen = (part: Frozen) => part === frozen && clock.monotonicMs() >= freezeAfterMs;
  const never = (signal: AbortSignal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    return promise;
  };
  // What a frozen server has of its engine's work, is seen by no client.
  const workedMs = () => Math.min(clock.monotonicMs(), frozen === 'nothing' ? Infinity : freezeAfterMs);
  return {
    async checkHealth(signal: AbortSignal) {
      if (isFrozen('server')) await never(signal);
    },
    async readMetrics(signal: AbortSignal): Promise<EngineMetrics | undefined> {
      if (isFrozen('server')) await never(signal);
      if (page === 'slow') await clock.sleep(8_000, signal);
      if (page === 'unreadable') throw new Error('the answer is too large');
      if (page === 'none') return undefined;
      const steps = Math.floor(workedMs() / 2_000);
      // Of a long prompt the tokens are counted when all of it was read; the cache fills with each step.
      const generationTokens = load === 'busy' ? steps * 100 : 7;
      const kvCacheUsage = load === 'prefill' ? (steps % 500) / 500 : 0;
      return { running: load === 'idle' ? 0 : 1, waiting: 0, promptTokens: 5, generationTokens, kvCacheUsage };
    },
    async completeOneToken(signal: AbortSignal) {
      if (isFrozen('core') || isFrozen('server')) await never(signal);
      // Behind a long prompt, for as long as that takes.
      await (load === 'prefill' ? never(signal) : clock.sleep(1_800, signal));
    },
    pieces: () => (load === 'busy' ? Math.floor(workedMs() / 100) : 0),
  };
}

async function verdicts(engine: ReturnType<typeof engineOf>, clock: ManualClock, forMs: number) {
  const said: Array<{ type: ProbeEvent['type']; atMs: number }> = [];
  const prober = createProber({
    ...engine,
    health: healthSpec.parse({}),
    clock,
    log: silentLog,
    report: ({ type }) => said.push({ type, atMs: clock.monotonicMs() }),
    onMetrics: () => undefined,
  });
  prober.start('watch');
  await clock.advance(forMs, 250);
  prober.stop();
  return said;
}

const loads = ['idle', 'busy', 'prefill'] as const;
const pages = ['good', 'slow', 'unreadable', 'none'] as const;
const cases = loads.flatMap((load) => pages.map((page) => ({ load, page })));

describe('the health of a serving engine', () => {
  // A prompt that fills every step for minutes shows in the metrics alone.
  it.each(cases.filter(({ load, page }) => load !== 'prefill' || page === 'good'))(
    'is never doubted while it works: $load, metrics $page',
    async (given) => {
      const clock = new ManualClock();
      const said = await verdicts(engineOf({ ...given, frozen: 'nothing' }, clock), clock, 600_000);
      expect(new Set(said.map(({ type }) => type))).toEqual(new Set(['probe.succeeded']));
    },
  );

  it.each(
    cases
      .filter(({ load, page }) => load !== 'prefill' || page === 'good')
      .flatMap((one) => (['core', 'server'] as const).map((frozen) => ({ ...one, frozen }))),
  )('is found hung within 60 s and not at once: $load, metrics $page, $frozen frozen', async (given) => {
    const clock = new ManualClock();
    const said = await verdicts(engineOf(given, clock), clock, freezeAfterMs + budgetMs);
    const hung = said.filter(({ type }) => type === 'probe.hung');
    expect(hung).toHaveLength(1);
    expect(hung[0]!.atMs - freezeAfterMs).toBeLessThanOrEqual(budgetMs);
    expect(hung[0]!.atMs - freezeAfterMs).toBeGreaterThan(25_000);
    expect(said.filter(({ atMs }) => atMs < freezeAfterMs).every(({ type }) => type === 'probe.succeeded')).toBe(true);
  });

  it('is found at any moment of the freeze, between two questions too', async () => {
    for (let shiftMs = 0; shiftMs < 20_000; shiftMs += 2_500) {
      const clock = new ManualClock();
      clock.jump(shiftMs);
      const said = await verdicts(engineOf({ load: 'idle', frozen: 'core', page: 'slow' }, clock), clock, 160_000);
      expect(said.find(({ type }) => type === 'probe.hung')?.atMs, String(shiftMs)).toBeLessThan(160_000);
    }
  });

  it.each(['a completion', 'the server'] as const)(
    'is not doubted when the job was suspended for an hour while the agent asked %s',
    async (asked) => {
      const clock = new ManualClock();
      const asking = Promise.withResolvers<void>();
      let isSuspended = false;
      const hold = (what: string) => async (signal: AbortSignal) => {
        if (what !== asked || clock.monotonicMs() < 20_000 || clock.monotonicMs() > 60_000) return;
        isSuspended = true;
        await untilAborted(asking.promise, signal);
      };
      const engine = engineOf({ load: 'idle', frozen: 'nothing', page: 'good' }, clock);
      const said: string[] = [];
      const prober = createProber({
        ...engine,
        checkHealth: hold('the server'),
        completeOneToken: hold('a completion'),
        health: healthSpec.parse({}),
        clock,
        log: silentLog,
        report: ({ type }) => said.push(type),
        onMetrics: () => undefined,
      });
      prober.start('watch');
      while (!isSuspended) await clock.advance(250, 250);
      clock.jump(3_600_000);
      await clock.advance(60_000, 250);
      prober.stop();
      expect(new Set(said)).toEqual(new Set(['probe.succeeded']));
    },
  );

  it('has a table of every state and event, which was read and agreed to', async () => {
    await expect(renderTransitions(healthMachine)).toMatchFileSnapshot('./health-table.snapshot.md');
    for (const row of listTransitions(healthMachine).filter(({ state }) => state === 'judged'))
      expect(row, row.event).toMatchObject({ next: 'judged', effects: [] });
  });
});

describe('a start', () => {
  it.each(['core', 'server'] as const)(
    'is not judged by its silence, with a frozen %s or not: the ready limit decides',
    async (frozen) => {
      const clock = new ManualClock();
      clock.jump(freezeAfterMs);
      const said: string[] = [];
      const prober = createProber({
        ...engineOf({ load: 'idle', frozen, page: 'good' }, clock),
        health: healthSpec.parse({}),
        clock,
        log: silentLog,
        report: ({ type }) => said.push(type),
        onMetrics: () => undefined,
      });
      prober.start('until-ready');
      await clock.advance(600_000, 1_000);
      prober.stop();
      expect(said.filter((type) => type !== 'probe.answering')).toEqual([]);
    },
  );
});
