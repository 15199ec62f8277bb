import { describe, expect, test } from 'vitest';
import { eventsOf, exchange } from './testing/exchange.ts';
import { ask, openSim, until } from './testing/open-sim.ts';

describe('EngineSim: faults', () => {
  test('hang: /health is 200, nothing is answered, the counters stand still, running stays 0', async () => {
    await using engine = await openSim({ faults: ['hang'] });
    using waiting = engine.open(ask());
    await until(() => engine.sim.stats().inFlight === 1);
    expect((await engine.send({ path: '/health' })).status).toBe(200);
    const metrics = (await engine.send({ path: '/metrics' })).body;
    expect(metrics).toContain('vllm:num_requests_running{engine="0",model_name="tiny"} 0');
    expect(metrics).toContain('vllm:prompt_tokens_total{engine="0",model_name="tiny"} 0');
    engine.sim.clearFaults();
    expect((await waiting.ended).status).toBe(200);
    expect(engine.sim.stats()).toMatchObject({ promptTokens: 6, inFlight: 0 });
  });

  test('hang: with streams, `running` stays and tokens stop; afterwards they go on', async () => {
    await using engine = await openSim();
    using stream = engine.open(ask({ stream: true, sim: { decode_ms: 5, tokens: 300 } }));
    await until(() => engine.sim.stats().generationTokens > 2);
    engine.sim.setFault('hang');
    const { running, generationTokens } = engine.sim.stats();
    expect(running).toBe(1);
    await engine.send({ path: '/health' });
    expect(engine.sim.stats().generationTokens).toBe(generationTokens);
    engine.sim.clearFaults();
    expect((await stream.ended).complete).toBe(true);
  });

  test('cut: the connection ends unfinished after the given tokens; the next request is whole', async () => {
    await using engine = await openSim({ faults: ['cut:5:1'] });
    const cut = await engine.send(ask({ stream: true }));
    expect(cut.complete).toBe(false);
    expect(eventsOf(cut.body)).toHaveLength(1 + 5);
    expect(cut.body).not.toContain('[DONE]');
    expect(engine.sim.stats().running).toBe(0);
    expect((await engine.send(ask({ stream: true }))).body).toContain('[DONE]');
  });

  test('stall: the stream stops after the given tokens and stays open, running', async () => {
    await using engine = await openSim({ faults: ['stall:3'] });
    using stream = engine.open(ask({ stream: true }));
    const text = await stream.until(/(?:"content":"[^"]+".*?){3}/s);
    expect((await engine.send({ path: '/health' })).status).toBe(200);
    expect(engine.sim.stats()).toMatchObject({ running: 1, generationTokens: 3 });
    expect(text).not.toContain('[DONE]');
  });

  test('status: generating requests fail the given number of times, other requests never', async () => {
    await using engine = await openSim({ faults: ['status:503:2'] });
    const statuses = [];
    for (const request of [ask(), ask(), { path: '/v1/models' }, ask()])
      statuses.push((await engine.send(request)).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
  });

  test('status and cut: embeddings fail too', async () => {
    await using engine = await openSim({ faults: ['status:429:1', 'cut:0:1'] });
    const embed = () => engine.send({ path: '/v1/embeddings', body: { model: 'tiny', input: 'x' } });
    expect(await embed()).toMatchObject({ status: 429, body: expect.stringContaining('RateLimitError') as string });
    // Not even a status line arrived.
    expect((await embed()).status).toBeNaN();
    expect((await embed()).status).toBe(200);
  });

  test('one that needs a process is refused where there is none', async () => {
    await using engine = await openSim();
    expect(() => engine.sim.setFault('exit')).toThrow(expect.objectContaining({ code: 'sim.fault_needs_process' }));
    expect(() => engine.sim.setFault('nope')).toThrow(expect.objectContaining({ code: 'sim.fault_invalid' }));
  });

  test('the admin routes set and clear them; without --sim-admin they do not exist', async () => {
    await using engine = await openSim({ admin: true });
    const set = await exchange(engine.path, { path: '/sim/fault', body: { fault: 'status:500' } });
    expect(set).toMatchObject({ status: 200, body: '{"fault":"status:500"}' });
    expect((await engine.send(ask())).status).toBe(500);
    await exchange(engine.path, { method: 'DELETE', path: '/sim/fault' });
    expect((await engine.send(ask())).status).toBe(200);
    for (const body of [{ fault: 'nope' }, { fault: 'exit' }, {}, 'x'])
      expect((await exchange(engine.path, { path: '/sim/fault', body })).status).toBe(400);
    expect(JSON.parse((await exchange(engine.path, { path: '/sim/stats' })).body)).toMatchObject({
      finished: { stop: 1 },
    });
    await using plain = await openSim();
    expect((await exchange(plain.path, { path: '/sim/stats' })).status).toBe(404);
  });
});
