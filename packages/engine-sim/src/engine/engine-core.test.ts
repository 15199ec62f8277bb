import { expect, onTestFinished, test, vi } from 'vitest';
import { EngineCore } from './engine-core.ts';
import type { EngineObserver, EngineRequest } from './engine-request.ts';
import { createGeneration } from './generation.ts';

const silent: EngineObserver = { stepped() {}, firstToken() {}, interToken() {}, ended() {} };

/** A request whose tokens are counted and whose end can be waited for. */
function makeRequest(more: Partial<EngineRequest> & { tokens?: number; choices?: number } = {}) {
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const texts: string[][] = [];
  const { tokens = 10, choices = 1, ...given } = more;
  const request: EngineRequest = {
    generations: Array.from({ length: choices }, (_, seed) =>
      createGeneration({ seed, maxTokens: 1000, tokens, ignoreEos: false, minTokens: 0, stop: [], includeStop: false }),
    ),
    promptTokens: 6,
    maxTokens: 1000,
    prefillMs: 0,
    decodeMs: 0,
    onTokens: (choice, parts) => {
      texts[choice] = [...(texts[choice] ?? []), ...parts];
    },
    onStep: () => {},
    onEnd: () => resolve('end'),
    onFailed: () => resolve('failed'),
    onHalt: () => resolve('halt'),
    ...given,
  };
  return { request, ended, count: (choice = 0) => texts[choice]?.length ?? 0 };
}

test('EngineCore: produces every token of every choice, and counts them', async () => {
  const engine = new EngineCore(silent);
  const { request, ended, count } = makeRequest({ choices: 3 });
  engine.admit(request);
  expect(engine.stats()).toMatchObject({ running: 3, promptTokens: 6 });
  expect(await ended).toBe('end');
  expect([count(0), count(1), count(2)]).toEqual([10, 10, 10]);
  await engine.idle();
  expect(engine.stats()).toMatchObject({
    running: 0,
    kvTokens: 0,
    generationTokens: 30,
    finished: { stop: 3, length: 0 },
  });
});

test('EngineCore: keeps the requested pace, and catches up after a delay', async () => {
  const engine = new EngineCore(silent);
  const began = performance.now();
  const { request, ended } = makeRequest({ prefillMs: 50, decodeMs: 2, tokens: 51 });
  engine.admit(request);
  await ended;
  const tookMs = performance.now() - began;
  expect(tookMs).toBeGreaterThanOrEqual(149);
  expect(tookMs).toBeLessThan(10_000);
});

test('EngineCore: an aborted request gets no more tokens', async () => {
  const engine = new EngineCore(silent);
  const victim = makeRequest({ decodeMs: 1, tokens: 500 });
  const running = engine.admit(victim.request);
  await engineTurns(engine);
  running.abort();
  const [given] = [victim.count()];
  expect(given).toBeGreaterThan(0);
  expect(engine.stats().running).toBe(0);
  await engineTurns(engine);
  expect(victim.count()).toBe(given);
});

test('EngineCore: a paused request waits, the others do not; resumed, it finishes', async () => {
  const engine = new EngineCore(silent);
  const paused = makeRequest({ tokens: 300 });
  const running = engine.admit(paused.request);
  running.pause();
  await engineTurns(engine);
  expect(paused.count()).toBe(0);
  running.resume();
  expect(await paused.ended).toBe('end');
});

test('EngineCore: no request can starve another', async () => {
  const engine = new EngineCore(silent);
  const order: string[] = [];
  const long = makeRequest({ tokens: 900, onEnd: () => order.push('long') });
  const short = makeRequest({ tokens: 100 });
  engine.admit(long.request);
  engine.admit({ ...short.request, onEnd: () => order.push('short') });
  await engine.idle();
  expect(order).toEqual(['short', 'long']);
});

test('EngineCore: frozen, it reports no change and no new request; thawed, it goes on', async () => {
  const engine = new EngineCore(silent);
  const first = makeRequest({ decodeMs: 20, tokens: 30 });
  engine.admit(first.request);
  await engineTurns(engine);
  engine.freeze();
  const frozen = engine.stats();
  const second = makeRequest();
  engine.admit(second.request);
  expect(engine.stats()).toEqual(frozen);
  expect(engine.inFlight).toBe(2);
  engine.thaw();
  // The witness of engineTurns counts too.
  expect(await Promise.all([first.ended, second.ended])).toEqual(['end', 'end']);
  expect(engine.stats()).toMatchObject({ promptTokens: 6 + 6 + 6, generationTokens: 30 + 10 + 5 });
});

test('EngineCore: haltAt stops after exactly that number of tokens, and the request stays', async () => {
  const engine = new EngineCore(silent);
  const { request, ended, count } = makeRequest({ haltAt: 4 });
  engine.admit(request);
  expect(await ended).toBe('halt');
  expect(count()).toBe(4);
  expect(engine.stats().running).toBe(1);
});

test('EngineCore: every request fails when it dies, and gets no error when it dies silently', async () => {
  const engine = new EngineCore(silent);
  const told = makeRequest({ prefillMs: 60_000 });
  engine.admit(told.request);
  engine.die();
  expect(await told.ended).toBe('failed');
  expect(engine.dead).toBe(true);
  const mute = new EngineCore(silent);
  const untold = makeRequest({ prefillMs: 60_000 });
  let spoke = false;
  mute.admit({ ...untold.request, onFailed: () => (spoke = true), onEnd: () => (spoke = true) });
  mute.dieSilently();
  expect([spoke, mute.inFlight]).toEqual([false, 0]);
});

test.each(['die', 'dieSilently'] as const)('EngineCore: after %s no request is in flight', async (end) => {
  const engine = new EngineCore(silent);
  engine.admit(makeRequest({ prefillMs: 60_000 }).request);
  const idle = engine.idle();
  engine[end]();
  await idle;
});

test('EngineCore: the wait for idle can be aborted', async () => {
  const engine = new EngineCore(silent);
  engine.admit(makeRequest({ prefillMs: 60_000 }).request);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(engine.idle(signal)).rejects.toThrow('enough');
  engine.die();
});

/** As long as another request of a few milliseconds takes from its beginning to its end. */
async function engineTurns(engine: EngineCore): Promise<void> {
  const witness = makeRequest({ tokens: 5, decodeMs: 2 });
  engine.admit(witness.request);
  await witness.ended;
}

test('EngineCore: a request that does not fit waits, and starts when another ends', async () => {
  const engine = new EngineCore(silent, { maxSequences: 2, kvCapacity: 1000, maxQueued: Infinity });
  const order: string[] = [];
  const make = (name: string) => ({
    ...makeRequest({ decodeMs: 1, tokens: 20 }).request,
    onEnd: () => order.push(name),
  });
  for (const name of ['a', 'b', 'c']) engine.admit(make(name));
  expect(engine.stats()).toMatchObject({ running: 2, waiting: 1, promptTokens: 12 });
  await engine.idle();
  // The first two run at the same time; either may end first.
  expect(order.slice(0, 2).toSorted()).toEqual(['a', 'b']);
  expect(order[2]).toBe('c');
  expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, kvTokens: 0, promptTokens: 18, generationTokens: 60 });
});

test('EngineCore: a prompt waits for room in the cache; a request that leaves makes room', async () => {
  const engine = new EngineCore(silent, { maxSequences: 10, kvCapacity: 100, maxQueued: Infinity });
  const first = engine.admit(makeRequest({ promptTokens: 80, prefillMs: 60_000 }).request);
  const second = makeRequest({ promptTokens: 80, tokens: 3 });
  const waiting = engine.admit(second.request);
  const gone = engine.admit(makeRequest({ promptTokens: 80 }).request);
  expect(engine.stats()).toMatchObject({ running: 1, waiting: 2, kvTokens: 80 });
  gone.abort();
  waiting.pause();
  waiting.resume();
  first.abort();
  expect(await second.ended).toBe('end');
  expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, kvTokens: 0 });
});

test('EngineCore: a full cache preempts the youngest, which finishes later with all its tokens', async () => {
  // By the machine's clock a pause of it would give one request all of its tokens at once.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const engine = new EngineCore(silent, { maxSequences: 10, kvCapacity: 60, maxQueued: Infinity });
  const old = makeRequest({ decodeMs: 1, tokens: 40 });
  const young = makeRequest({ decodeMs: 1, tokens: 40 });
  engine.admit(old.request);
  engine.admit(young.request);
  while (old.count() < 40) await vi.advanceTimersByTimeAsync(1);
  expect(await old.ended).toBe('end');
  expect(engine.stats().preempted).toBe(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(await young.ended).toBe('end');
  expect([old.count(), young.count()]).toEqual([40, 40]);
});

test('EngineCore: frozen, no request leaves the queue', async () => {
  const engine = new EngineCore(silent, { maxSequences: 1, kvCapacity: 1000, maxQueued: Infinity });
  const first = engine.admit(makeRequest({ prefillMs: 60_000 }).request);
  const second = makeRequest({ tokens: 2 });
  engine.admit(second.request);
  engine.freeze();
  first.abort();
  expect(engine.inFlight).toBe(1);
  engine.thaw();
  expect(await second.ended).toBe('end');
});

test('EngineCore: refuses requests past the queue limit, counting every choice, and counts the refusals', () => {
  const engine = new EngineCore(silent, { maxSequences: 1, kvCapacity: 1000, maxQueued: 3 });
  engine.admit(makeRequest({ choices: 2, prefillMs: 60_000 }).request);
  expect([engine.hasRoom(1), engine.hasRoom(2)]).toEqual([true, false]);
  expect(engine.stats().rejected).toBe(1);
  engine.die();
});
