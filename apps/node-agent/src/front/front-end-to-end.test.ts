import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { makeCertificate, reachEndpoint } from '@fairlead/carrier';
import { systemClock } from '@fairlead/kit';
import { dialMux, type MuxSession } from '@fairlead/mux';
import { afterEach, describe, expect, it } from 'vitest';
import { answerTo, type FrontWorld, key, openFrontWorld } from '../testing/front-world.ts';

const own = makeCertificate();
const prompt = 'a secret of the prompt';
const completions = '/v1/chat/completions';

let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

const open = (plain: boolean) =>
  openFrontWorld({
    endToEnd: { own, plain },
    handler: (incoming, response) => {
      incoming.setEncoding('utf8').on('data', (text: string) => response.write(`answer to ${text}`));
      incoming.on('end', () => response.end());
    },
  });

/** `seen`: all bytes that pass. */
async function reach(seen: Buffer[] = []): Promise<Duplex> {
  const raw = world.dial();
  raw.on('data', (chunk: Buffer) => seen.push(Buffer.from(chunk)));
  return reachEndpoint({ reach: async () => raw }, { address: { kind: 'bastion-socket', socket: '' }, endToEnd: own });
}

function ask(channel: Duplex, headers: Record<string, string> = {}) {
  return request({
    createConnection: () => channel as Socket,
    method: 'POST',
    path: completions,
    headers: { authorization: `Bearer ${key}`, connection: 'close', ...headers },
  });
}

async function dial(channel: Duplex): Promise<MuxSession> {
  const dialled = await dialMux(channel, { clock: systemClock });
  if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
  return dialled.session;
}

describe('A front with end-to-end encryption', () => {
  it('answers a request within TLS, and judges it as any other', async () => {
    world = await open(true);
    const seen: Buffer[] = [];
    expect(await answerTo(ask(await reach(seen)), prompt)).toMatchObject({ status: 200, body: `answer to ${prompt}` });
    expect(Buffer.concat(seen).includes('answer to')).toBe(false);
    expect(await answerTo(ask(await reach(), { authorization: 'Bearer wrong' }), prompt)).toMatchObject({
      status: 401,
    });
    await world.front.idle();
    expect(world.front.stats.outcomes.completed).toBe(1);
  });

  it('takes a mux within TLS', async () => {
    world = await open(false);
    const session = await dial(await reach());
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => answerTo(ask(session.open()), `${prompt} ${n}`)),
    );
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, n) => `answer to ${prompt} ${n}`));
    session.destroy();
  });

  it('answers plain requests and a plain mux too, unless it is told not to', async () => {
    world = await open(true);
    expect(await world.fetch('POST', completions, { body: prompt })).toMatchObject({ status: 200 });
    const session = await dial(world.dial());
    expect(await answerTo(ask(session.open()), prompt)).toMatchObject({ status: 200 });
    session.destroy();
  });

  it('with `plain: false` refuses both with the reason, and gives the engine nothing', async () => {
    world = await open(false);
    const refused = await world.fetch('POST', completions, { body: prompt });
    expect(refused).toMatchObject({
      status: 403,
      body: expect.stringContaining('end-to-end encryption only') as unknown,
    });
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'forbidden' } });
    expect(await dialMux(world.dial(), { clock: systemClock })).toEqual({ ok: false, reason: 'plain' });
    expect(world.seen).toEqual([]);
  });

  it('takes plain requests of programs on the node itself', async () => {
    world = await open(false);
    const path = `${world.frontPath}.node`;
    const door = createServer({ allowHalfOpen: true }, (socket) => world.front.accept(socket, 'node')).listen(path);
    await once(door, 'listening');
    expect(await answerTo(ask(connect({ path, allowHalfOpen: true })), prompt)).toMatchObject({ status: 200 });
    door.close();
  });

  it('without it refuses TLS as any other bytes that are no request', async () => {
    world = await openFrontWorld({});
    await expect(reach()).rejects.toMatchObject({ code: 'endpoint_untrusted' });
  });

  it('takes no TLS within TLS', async () => {
    world = await open(true);
    const outer = await reach();
    const inner = reachEndpoint({ reach: async () => outer }, { address: { kind: 'memory' }, endToEnd: own });
    await expect(inner).rejects.toMatchObject({ code: 'endpoint_untrusted' });
  });
});
