import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { systemClock } from '@fairlead/kit';
import { dialMux, type MuxSession, preface } from '@fairlead/mux';
import { afterEach, describe, expect, it } from 'vitest';
import { answerTo, type FrontWorld, key, openFrontWorld, readAll, until } from '../testing/front-world.ts';

type WorldOptions = Parameters<typeof openFrontWorld>[0];

let world: FrontWorld;
let session: MuxSession;
afterEach(async () => {
  session.destroy();
  await world[Symbol.asyncDispose]();
});

async function open(options: WorldOptions): Promise<void> {
  world = await openFrontWorld(options);
  session = await dial();
}

async function dial(): Promise<MuxSession> {
  const dialled = await dialMux(world.dial(), { clock: systemClock });
  if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
  return dialled.session;
}

function ask(method: string, path: string, headers: Record<string, string> = {}): ClientRequest {
  return request({
    createConnection: () => session.open() as Socket,
    method,
    path,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
}

const completions = '/v1/chat/completions';

describe('The streams of a mux at the front', () => {
  it('are requests of their own: many go through one channel', async () => {
    await open({
      handler: (incoming, response) => {
        incoming.setEncoding('utf8').on('data', (text: string) => response.write(`${text}!`));
        incoming.on('end', () => response.end());
      },
    });
    const accepted = world.front.stats.accepted;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => answerTo(ask('POST', completions, { connection: 'close' }), `ask ${n}`)),
    );
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(
      Array.from({ length: 100 }, (_, n) => `200 ask ${n}!`),
    );
    await world.front.idle();
    expect(world.front.stats.outcomes.completed).toBe(100);
    expect(world.front.stats.accepted - accepted).toBe(100);
  });

  it.each<[string, string, Record<string, string>, number]>([
    ['without the key', completions, { authorization: 'Bearer other' }, 401],
    ['for a route that there is not', '/admin', {}, 404],
    ['with a body that is too large', completions, { 'content-length': '99999999999' }, 413],
  ])('are refused as a connection is: %s', async (_, path, headers, status) => {
    await open({ handler: (_incoming, response) => response.end() });
    const asked = ask('POST', path, headers);
    const refused = once(asked, 'response');
    asked.flushHeaders();
    expect((await refused)[0]).toMatchObject({ statusCode: status });
    asked.destroy();
    expect(world.seen).toEqual([]);
    // The others go on.
    expect((await answerTo(ask('GET', '/v1/models'))).status).toBe(200);
  });

  // A busy machine may hold up each process for longer: one of the tries keeps the time.
  it('free the engine within 100 ms when their client leaves, in each state', { retry: 5 }, async () => {
    await open({ raw: (socket) => void socket.resume() });
    for (const state of ['waiting', 'uploading', 'streaming'] as const) {
      const asked = ask('POST', completions, state === 'uploading' ? { 'transfer-encoding': 'chunked' } : {});
      asked.on('error', () => undefined);
      const reached = world.engine.nextConnection();
      if (state === 'uploading') asked.write('{"half":');
      else asked.end('{}');
      const engine = await reached;
      engine.on('error', () => undefined);
      if (state === 'streaming') {
        engine.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\ntoken\r\n');
        await once(asked, 'response');
      }
      const closed = once(engine, 'close');
      const leftAt = performance.now();
      asked.destroy();
      await closed;
      expect(performance.now() - leftAt, state).toBeLessThan(100);
    }
    await until(() => world.front.inFlight === 0);
    expect(world.front.stats.outcomes.client_left).toBe(3);
  });

  it('all free the engine when the channel is lost', async () => {
    await open({ raw: (socket) => void socket.resume() });
    const engines: Socket[] = [];
    for (let n = 0; n < 5; n += 1) {
      const reached = world.engine.nextConnection();
      ask('POST', completions)
        .on('error', () => undefined)
        .end('{}');
      engines.push(await reached);
    }
    const closed = engines.map((engine) => once(engine, 'close'));
    session.destroy();
    await Promise.all(closed);
    await world.front.idle();
  });

  it('show a cut of the engine as a cut', async () => {
    const half = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf';
    await open({
      raw: (socket) => void socket.once('data', (head) => socket.end(head.includes('x-half') ? half : '')),
    });
    const unanswered = await answerTo(ask('POST', completions), '{}');
    expect([unanswered.status, unanswered.headers['retry-after']]).toEqual([502, '5']);
    const cut = answerTo(ask('POST', completions, { 'x-half': 'yes' }), '{}');
    await expect(cut).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it('hold a stalled reader to its window: the engine waits, another stream does not', async () => {
    const huge = Buffer.alloc(64 * 1024 * 1024, 'x');
    let sent = 0;
    await open({
      handler: (incoming, response) => {
        incoming.resume();
        if (incoming.method === 'GET') return response.end('{}');
        const write = () => {
          while (sent < huge.length) {
            sent += 65_536;
            if (!response.write(huge.subarray(0, 65_536))) return;
          }
        };
        response.on('drain', write);
        return write();
      },
    });
    const stalled = session.open();
    stalled.on('error', () => undefined);
    stalled.write(
      `POST ${completions} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-length: 0\r\n\r\n`,
    );
    await once(stalled, 'readable');
    let before = -1;
    await until(() => {
      const isStill = before === sent;
      before = sent;
      return isStill && sent > 500_000;
    });
    expect((await answerTo(ask('GET', '/v1/models'))).status).toBe(200);
    expect(stalled.readableLength).toBeLessThanOrEqual(256 * 1024);
    // The window, what the front holds, and what the two sockets of the engine do.
    expect(sent).toBeLessThan(3_000_000);
    stalled.destroy();
  });

  it('take no mux within a mux', async () => {
    await open({ handler: (_incoming, response) => response.end() });
    const stream = session.open();
    stream.end(preface);
    expect(await readAll(stream as Socket)).toMatch(/^HTTP\/1.1 400/);
    // So a front of before the mux answers, too: its consumer then takes a channel for each request.
    expect(await dialMux(session.open(), { clock: systemClock })).toEqual({ ok: false, reason: 'plain' });
    expect(world.seen).toEqual([]);
  });
});

describe('A mux at a front that drains', () => {
  it('gets no more streams; the running one ends, and then the channel', async () => {
    let finish = (): void => undefined;
    await open({
      handler: (incoming, response) => {
        incoming.resume();
        response.write('first ');
        finish = () => response.end('last');
      },
    });
    const running = ask('POST', completions, { connection: 'close' });
    const answered = answerTo(running, '{}');
    await once(running, 'response');
    world.front.startDraining(7);
    // On its way before the consumer has heard of it: refused as a connection is.
    const raced = await answerTo(ask('POST', completions), '{}');
    expect([raced.status, raced.headers['retry-after']]).toEqual([503, '7']);
    await until(() => !session.canOpen);
    finish();
    expect((await answered).body).toBe('first last');
    running.destroy();
    await session.closed;
    await world.front.idle();
  });

  it('is told so at once when it comes', async () => {
    await open({ handler: (_incoming, response) => response.end() });
    world.front.startDraining(7);
    const late = await dial();
    await late.closed;
    expect(late.canOpen).toBe(false);
  });
});

describe('The front tells a mux by its first bytes', () => {
  it('wherever they are split', async () => {
    await open({ handler: (_incoming, response) => response.end('served') });
    const [near, far] = duplexPair();
    world.front.accept(far);
    const bytewise = splitWrites(near);
    const dialled = await dialMux(bytewise, { clock: systemClock });
    session.destroy();
    session = (dialled as { ok: true; session: MuxSession }).session;
    expect((await answerTo(ask('GET', '/v1/models'))).body).toBe('served');
  });

  it('and serves plain requests beside it', async () => {
    await open({ handler: (_incoming, response) => response.end('served') });
    expect((await world.fetch('GET', '/v1/models')).body).toBe('served');
    expect((await answerTo(ask('GET', '/v1/models'))).body).toBe('served');
  });

  it.each([
    ['another version of the preface', 'FLMUX2\r\n', /^HTTP\/1.1 400/],
    ['garbage after the preface', `${preface.toString()}garbage`, /^[^H].{53}$/s],
  ])('refuses %s', async (_, bytes, answer) => {
    await open({ handler: (_incoming, response) => response.end('served') });
    const socket = world.dial();
    socket.end(bytes);
    expect(await readAll(socket)).toMatch(answer);
    expect((await answerTo(ask('GET', '/v1/models'))).body).toBe('served');
  });

  it('and waits for the rest of a preface no longer than for a head', async () => {
    await open({ handler: (_incoming, response) => response.end(), limits: { headMs: 40 } });
    const socket = world.dial();
    socket.write('FLM');
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400/);
  });

  it('and ends the oldest idle one beyond its limit, or the new one', async () => {
    await open({ raw: (socket) => void socket.resume(), limits: { muxes: 1 } });
    const first = session;
    session = await dial();
    await first.closed;
    const reached = world.engine.nextConnection();
    ask('POST', completions)
      .on('error', () => undefined)
      .end('{}');
    await reached;
    expect(await dialMux(world.dial(), { clock: systemClock })).toEqual({ ok: false, reason: 'full' });
    expect(session.canOpen).toBe(true);
  });

  it('after a cut at any byte of the handshake and of a stream, and serves the next one', async () => {
    await open({ handler: (incoming, response) => void incoming.resume().on('end', () => response.end('served')) });
    const whole = await recordRequest();
    expect(whole.length).toBeGreaterThan(100);
    for (let length = 1; length < whole.length; length += 1) {
      const socket = world.dial();
      socket.end(whole.subarray(0, length));
      await readAll(socket);
      socket.destroy();
    }
    await world.front.idle();
    // A request that was cut in its body may have reached the engine; none was answered whole.
    expect(world.front.stats.outcomes.completed).toBe(0);
    expect(world.parseErrors).toEqual([]);
    expect((await answerTo(ask('GET', '/v1/models'))).body).toBe('served');
  });
});

/** All bytes of a consumer for one request, its end included. */
async function recordRequest(): Promise<Buffer> {
  const [near, far] = duplexPair();
  const sent: Buffer[] = [];
  far.on('data', (bytes: Buffer) => sent.push(bytes));
  const dialled = dialMux(near, { clock: systemClock });
  // The hello of a front: version 1, 4,096 streams, windows of 256 KiB.
  far.write(Buffer.from('0700000a00000000000100001000' + '00040000', 'hex'));
  const outcome = await dialled;
  if (!outcome.ok) throw new Error(`the front is ${outcome.reason}`);
  const stream = outcome.session.open();
  const body = '{"messages":[]}';
  stream.write(`POST ${completions} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\n`);
  await new Promise(setImmediate);
  stream.write(`content-length: ${body.length}\r\n\r\n${body}`);
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  outcome.session.destroy();
  return Buffer.concat(sent);
}

/** Writes each byte by itself. */
function splitWrites(stream: Duplex): Duplex {
  const write = stream._write.bind(stream);
  stream._write = (chunk: Buffer, encoding, done) => {
    const next = (at: number): void => {
      if (at === chunk.length) done();
      else write(chunk.subarray(at, at + 1), encoding, () => next(at + 1));
    };
    next(0);
  };
  return stream;
}
