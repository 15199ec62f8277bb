// A team's gateway over real tunnels: members with keys stream through gateway, bastion and front to the engines of two instances.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

import OpenAI from 'openai';
import { openWorld, processesOf, type RunningCli, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openMachine } from './open-machine.ts';
import { restartWithShortLease } from './short-lease.ts';

const timeoutMs = 120_000;
/** Long enough to be in the middle of. */
const slow = { model: 'fairlead/demo', engine: 'sim' as const, gpus: 0, args: ['--sim-decode-ms', '100'] };
/** Its engine runs two requests at a time. */
const narrow = { ...slow, args: ['--sim-decode-ms', '20', '--max-num-seqs', '2'] };

let world: World;
let gateway: RunningCli;
let address: string;
let metricsPort: number;
const keys = { ann: '', bob: '' };

beforeAll(async () => {
  world = await openWorld({ config: (config) => ({ ...config, presets: { slow, narrow } }) });
  expect((await world.json('init', '--yes')).code).toBe(0);
  await restartWithShortLease(world);
  await world.deploy('quick');
  for (const name of ['slow-a', 'slow-b'])
    expect((await world.json('deploy', 'slow', '--name', name)).last).toMatchObject({ ok: true });
  expect((await world.json('deploy', 'narrow')).last).toMatchObject({ ok: true });
  keys.ann = String((await world.json('members', 'add', 'ann', '--team', 'nlp', '--key')).last['key']);
  keys.bob = String((await world.json('members', 'add', 'bob', '--concurrent', '100', '--key')).last['key']);
  gateway = world.start(['gateway', 'serve', '--port', '0', '--metrics-port', '0', '--json']);
  const line = await gateway.line((one) => one.includes('gateway.listening'));
  ({ address, metricsPort } = JSON.parse(line) as { address: string; metricsPort: number });
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const question = (model: string, max_tokens: number) => ({
  model,
  max_tokens,
  messages: [{ role: 'user' as const, content: 'Tell me of ropes.' }],
});

interface Sample {
  name: string;
  value: number;
}

interface Streamed {
  pieces: number;
  finish: string | undefined;
  error: string | undefined;
}

/** A stream to its end, whatever that is. */
async function stream(
  apiKey: string,
  model: string,
  tokens: number,
  onPiece = () => undefined as void,
): Promise<Streamed> {
  const seen: Streamed = { pieces: 0, finish: undefined, error: undefined };
  try {
    for await (const chunk of await clientOf(apiKey).chat.completions.create({
      ...question(model, tokens),
      stream: true,
    })) {
      if (chunk.choices[0]?.delta.content) seen.pieces += 1;
      seen.finish ??= chunk.choices[0]?.finish_reason ?? undefined;
      onPiece();
    }
  } catch (error) {
    seen.error = (error as Error).message;
  }
  return seen;
}

/** By the engine's own count, when no request runs there any more. */
async function settledCount(deployment: string): Promise<number> {
  const valueOf = (samples: Sample[], metric: string) => samples.find(({ name }) => name === metric)?.value;
  let count: number | undefined;
  const isSettled = async () => {
    const samples = (await world.json('metrics', deployment)).last['samples'] as Sample[];
    count = valueOf(samples, 'vllm:generation_tokens_total');
    return valueOf(samples, 'vllm:num_requests_running');
  };
  await expect.poll(isSettled).toBe(0);
  return count!;
}

async function usageBy(group: string): Promise<Array<Record<string, unknown>>> {
  return (await world.json('usage', '--by', group)).last['sums'] as Array<Record<string, unknown>>;
}

describe('Members of a gateway', () => {
  it('see the models, and stream through both hops to an engine', { timeout: timeoutMs }, async () => {
    const models = await Array.fromAsync(clientOf(keys.ann).models.list());
    expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(['fairlead/demo', 'quick', 'slow-a', 'slow-b']));
    const seen = await Promise.all([stream(keys.ann, 'quick', 20), stream(keys.bob, 'quick', 20)]);
    for (const one of seen) expect(one).toEqual({ pieces: 20, finish: 'length', error: undefined });
    const answer = await clientOf(keys.ann).chat.completions.create(question('quick', 5));
    expect(answer.usage?.completion_tokens).toBe(5);
  });

  it("have their usage summed, by the engine's own count", { timeout: timeoutMs }, async () => {
    await expect
      .poll(() => usageBy('member'))
      .toMatchObject([
        { name: 'ann', requests: 2, failed: 0, completionTokens: 25, estimated: 0 },
        { name: 'bob', requests: 1, failed: 0, completionTokens: 20, estimated: 0 },
      ]);
    expect((await usageBy('team')).map(({ name }) => name)).toEqual(['nlp', '']);
  });

  it(
    'whose key is revoked lose a running stream within a second, and are told why',
    // A busy machine may hold up each process for longer: one of the tries keeps the time.
    { timeout: timeoutMs, retry: 3 },
    async () => {
      const added = (await world.json('keys', 'add', 'ann')).last;
      const begun = Promise.withResolvers<void>();
      const running = stream(String(added['key']), 'slow-a', 400, begun.resolve);
      await Promise.race([begun.promise, running.then((ended) => expect(ended).toBe('not over'))]);
      expect((await world.json('keys', 'revoke', String(added['id']))).last).toMatchObject({ ok: true, member: 'ann' });
      const revokedAt = performance.now();
      const { error, finish, pieces } = await running;
      expect(performance.now() - revokedAt).toBeLessThan(1_000);
      expect({ error, finish }).toEqual({
        error: expect.stringContaining('The key has been revoked'),
        finish: undefined,
      });
      expect(pieces).toBeLessThan(400);
      expect(await stream(String(added['key']), 'quick', 5)).toMatchObject({
        pieces: 0,
        error: expect.stringContaining('401'),
      });
      expect(await stream(keys.ann, 'quick', 5)).toMatchObject({ pieces: 5, finish: 'length' });
    },
  );
});

it(
  'An instance that is killed under 50 streams: each ends whole, or with the reason, and new ones go to the other',
  { timeout: timeoutMs },
  async () => {
    const status = (await world.json('status', 'slow-a')).last['deployment'] as { instances: Array<{ id: string }> };
    const processes = await processesOf(status.instances[0]!.id);
    let begun = 0;
    const allBegun = Promise.withResolvers<void>();
    const running = Array.from({ length: 50 }, () => {
      let isFirst = true;
      return stream(keys.bob, 'fairlead/demo', 30, () => {
        if (isFirst && (begun += 1) === 40) allBegun.resolve();
        isFirst = false;
      });
    });
    await allBegun.promise;
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    const seen = await Promise.all(running);
    const whole = seen.filter(
      ({ pieces, finish, error }) => pieces === 30 && finish === 'length' && error === undefined,
    );
    const explained = seen.filter(
      ({ error }) => error !== undefined && /The answer of fairlead\/demo failed because/.test(error),
    );
    expect(seen.filter((one) => !whole.includes(one) && !explained.includes(one))).toEqual([]);
    expect(whole.length).toBeGreaterThan(0);
    expect(explained.length).toBeGreaterThan(0);
    const later = await Promise.all(Array.from({ length: 10 }, () => stream(keys.bob, 'fairlead/demo', 3)));
    for (const one of later) expect(one).toEqual({ pieces: 3, finish: 'length', error: undefined });
    // Usage is written some tenths of a second later.
    await expect
      .poll(async () => (await usageBy('member')).find(({ name }) => name === 'bob'))
      .toMatchObject({ requests: 61, failed: explained.length });
  },
);

it(
  'What an engine takes at once is learnt from it: the rest waits in the gateway, and teams share it by their weights',
  { timeout: timeoutMs },
  async () => {
    expect((await world.json('gateway', 'teams', 'set', 'nlp', '--weight', '3')).last).toMatchObject({ weight: 3 });
    const done = { ann: 0, bob: 0 };
    const over = new AbortController();
    /** Until the gateway has learnt it and has shared for a while. */
    const keepAsking = async (who: 'ann' | 'bob') => {
      while (!over.signal.aborted) {
        const { response } = await clientOf(keys[who]).chat.completions.create(question('narrow', 10)).withResponse();
        const place = Number(response.headers.get('x-fairlead-queue-place') ?? 0);
        // What still runs when it is over would be as much of the one as of the other.
        if (place > 2 && !over.signal.aborted) done[who] += 1;
        if (done.ann + done.bob >= 120) over.abort();
      }
    };
    await Promise.all(Array.from({ length: 12 }, () => [keepAsking('ann'), keepAsking('bob')]).flat());
    expect(done.ann / done.bob).toBeGreaterThan(2);
    expect(done.ann / done.bob).toBeLessThan(4.5);
    const { changes } = (await world.json('gateway', 'audit')).last as { changes: Array<Record<string, unknown>> };
    expect(changes.map(({ action, subject }) => [action, subject])).toEqual(
      expect.arrayContaining([
        ['member.added', 'ann'],
        ['team.set', 'nlp'],
      ]),
    );
  },
);

it('A gateway tells its operator what it does, and what is left of the limits', { timeout: timeoutMs }, async () => {
  await world.json('gateway', 'teams', 'set', 'nlp', '--weight', '3', '--tokens-per-day', '1000000');
  expect(await stream(keys.ann, 'quick', 3)).toMatchObject({ pieces: 3 });
  const { last } = await world.json('gateway', 'status');
  expect(last).toMatchObject({
    address,
    waiting: 0,
    models: expect.arrayContaining([expect.objectContaining({ id: 'quick', state: 'ready' })]),
  });
  const limits = () =>
    world.json('gateway', 'limits').then((said) => (said.last['accounts'] as Array<{ today: number }>)[0]);
  await expect.poll(limits).toMatchObject({ kind: 'team', name: 'nlp', limits: { tokensPerDay: 1_000_000 } });
  expect((await limits())!.today).toBeGreaterThan(0);
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).toMatch(/fairlead_gateway_requests_total\{model="quick",outcome="completed"\} [1-9]/);
  expect((await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).status).toBe(200);
  const csv = await world.start(['usage', '--by', 'team', '--csv']).ended;
  expect(csv.stdout).toMatch(
    /^team,requests,failed,promptTokens,completionTokens,cachedTokens,estimated\n(.+\n)*nlp,\d+,/,
  );
  const second = await world.start(['gateway', 'serve', '--port', '0', '--json']).ended;
  expect(second.stdout).toContain('gateway_already_serves');
});

it(
  'A gateway whose process is replaced drops no stream and refuses no request, and its budgets know what the last one used',
  { timeout: timeoutMs },
  async () => {
    const usedToday = async () => {
      const { accounts } = (await world.json('gateway', 'limits')).last as { accounts: Array<{ today: number }> };
      return accounts[0]!.today;
    };
    const begun = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const across = begun.map(({ resolve }) => stream(keys.ann, 'slow-b', 60, resolve));
    await Promise.all(begun.map(({ promise }) => promise));
    const over = new AbortController();
    const asked: Streamed[] = [];
    const asking = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) asked.push(await stream(keys.ann, 'quick', 5));
    });
    const before = await usedToday();
    const { code, last } = await world.json('gateway', 'restart');
    expect({ code, last }).toMatchObject({ code: 0, last: { event: 'gateway.restarted', address } });
    over.abort();
    await Promise.all(asking);
    for (const one of await Promise.all(across))
      expect(one).toEqual({ pieces: 60, finish: 'length', error: undefined });
    for (const one of asked) expect(one).toEqual({ pieces: 5, finish: 'length', error: undefined });
    await expect.poll(usedToday).toBeGreaterThanOrEqual(before + 4 * 60);
    expect((await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).status).toBe(200);
  },
);

it('A member joins by one line, and uses models by what the machine keeps of it', { timeout: timeoutMs }, async () => {
  const { joinLine } = (await world.json('members', 'add', 'carol', '--team', 'nlp')).last;
  expect(joinLine).toMatch(/^flj_\w+@http:\/\/127\.0\.0\.1:\d+$/);
  const carol = openMachine(world, 'carol');
  const joined = await carol.json('join', String(joinLine), '--name', 'lab');
  expect(joined).toMatchObject({ code: 0, last: { gateway: 'lab', url: address, member: 'carol', team: 'nlp' } });
  expect(joined.stdout).not.toContain('flk_');
  expect(statSync(join(carol.home, 'gateways/lab.json')).mode & 0o777).toBe(0o600);
  expect(await carol.json('join', String(joinLine), '--name', 'lab')).toMatchObject({
    code: 1,
    last: { error: { code: 'invite_used' } },
  });
  const { last: listed } = await carol.json('models');
  expect(listed).toMatchObject({ event: 'gateway.models', gateway: 'lab' });
  const quick = { id: 'quick', state: 'ready', contextTokens: expect.any(Number) };
  expect(listed['models']).toEqual(expect.arrayContaining([expect.objectContaining(quick)]));
  const { last: answer } = await carol.json('chat', 'quick', 'Hello', '--max-tokens', '3');
  expect(answer).toEqual(
    expect.objectContaining({ event: 'answer', usage: expect.objectContaining({ completion_tokens: 3 }) }),
  );
  expect((await carol.json('chat', 'quack', 'Hello')).last).toMatchObject({ error: { code: 'model_not_offered' } });
  const ran = await carol.start(['exec', 'quick', '--', 'sh', '-c', 'echo $OPENAI_BASE_URL $OPENAI_MODEL']).ended;
  expect(ran).toMatchObject({ code: 0, stdout: `${address}/v1 quick\n` });
  expect((await carol.json('usage')).last).toMatchObject({ event: 'usage.own', member: 'carol', team: 'nlp' });
  const held = carol.start(['connect', 'quick', '--port', '0', '--json']);
  const port = JSON.parse(await held.line((one) => one.includes('connected'))) as { baseUrl: string; apiKey: string };
  const client = new OpenAI({ baseURL: port.baseUrl, apiKey: port.apiKey, maxRetries: 0 });
  const asked = await client.chat.completions.create(question('quick', 4));
  expect(asked.usage?.completion_tokens).toBe(4);
  held.signal('SIGINT');
  expect(await held.ended).toMatchObject({ code: 130 });
  const { last: rotated } = await carol.json('keys', 'rotate', '--overlap', '0');
  expect(rotated).toMatchObject({ event: 'key.rotated', member: 'carol', replaces: { id: joined.last['keyId'] } });
  expect(rotated).not.toHaveProperty('key');
  const { last: kept } = await carol.json('keys', 'list');
  expect(kept['keys']).toHaveLength(2);
  const { last: made } = await carol.json('keys', 'create', '--models', 'quick', '--label', 'ci');
  expect(await stream(String(made['key']), 'quick', 2)).toMatchObject({ pieces: 2 });
  expect(await stream(String(made['key']), 'slow-b', 2)).toMatchObject({ error: expect.stringContaining('404') });
  expect((await carol.json('keys', 'revoke', String(made['id']))).last).toMatchObject({ ok: true });
  // One by chat, one by the port of connect, two by the key that is revoked now.
  const usageOfCarol = async () => (await usageBy('member')).find(({ name }) => name === 'carol');
  await expect.poll(usageOfCarol).toMatchObject({ requests: 4 });
});

const isInstalled = (program: string) =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));

it.for([
  ['opencode', ['run', 'Say hello']],
  ['codex', ['exec', '--skip-git-repo-check', 'Say hello']],
] as const)('%s answers by the model of a gateway', { timeout: timeoutMs }, async ([agent, args], { skip }) => {
  skip(!isInstalled(agent), `${agent} is not installed`);
  const { joinLine } = (await world.json('members', 'add', agent)).last;
  const machine = openMachine(world, agent);
  await machine.json('join', String(joinLine));
  const before = (await usageBy('member')).length;
  const { code, stdout } = await machine.start(['code', 'quick', agent, '--', ...args], { stdin: '' }).ended;
  expect({ code, said: stdout.trim().length > 20 }).toEqual({ code: 0, said: true });
  await expect.poll(async () => (await usageBy('member')).length).toBe(before + 1);
});

it('A gateway that is stopped ends by itself, and what was used is written', { timeout: timeoutMs }, async () => {
  // Of a member of whom no request is on its way: usage is written some tenths of a second later.
  const usageOfAnn = async () => (await usageBy('member')).find(({ name }) => name === 'ann')!;
  const before = await usageOfAnn();
  expect(await stream(keys.ann, 'quick', 3)).toMatchObject({ pieces: 3 });
  gateway.signal('SIGINT');
  const { code, stdout, stderr } = await gateway.ended;
  expect({ code, last: stdout.trim().split('\n').at(-1), stderr }).toMatchObject({
    code: 130,
    last: '{"event":"gateway.stopped","ok":true}',
  });
  expect((await usageOfAnn())['requests']).toBe(Number(before['requests']) + 1);
});

it(
  'A gateway that is killed under load has forgotten no token of an answer that a client got whole',
  { timeout: timeoutMs },
  async () => {
    const member = String((await world.json('members', 'add', 'eve', '--key')).last['key']);
    const startedAt = await settledCount('quick');
    const serve = async () => {
      const running = world.start(['gateway', 'serve', '--port', '0', '--json']);
      const line = await running.line((one) => one.includes('gateway.listening'));
      address = (JSON.parse(line) as { address: string }).address;
      return running;
    };
    let got = 0;
    let answers = 0;
    const enough = Promise.withResolvers<void>();
    const killed = await serve();
    const lanes = Array.from({ length: 20 }, async () => {
      try {
        for (;;) {
          const answer = await clientOf(member).chat.completions.create(question('quick', 7));
          got += answer.usage!.prompt_tokens + answer.usage!.completion_tokens;
          if ((answers += 1) === 200) enough.resolve();
        }
      } catch {
        // The gateway is gone.
      }
    });
    await enough.promise;
    killed.signal('SIGKILL');
    await Promise.all([killed.ended, ...lanes]);
    const again = await serve();
    const sum = (await usageBy('member')).find(({ name }) => name === 'eve')!;
    const used = Number(sum['promptTokens']) + Number(sum['completionTokens']);
    expect(Number(sum['requests'])).toBeGreaterThanOrEqual(answers);
    expect(used).toBeGreaterThanOrEqual(got);
    // What the engine generated beyond that was in flight: one answer in each lane at the most.
    const generated = (await settledCount('quick')) - startedAt;
    expect(Number(sum['completionTokens'])).toBeLessThanOrEqual(generated);
    expect(generated - Number(sum['completionTokens'])).toBeLessThanOrEqual(20 * 7);
    again.signal('SIGINT');
    await again.ended;
  },
);
