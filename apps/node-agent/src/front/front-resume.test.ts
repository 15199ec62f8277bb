import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@fairlead/kit';
import { dialMux, type MuxSession } from '@fairlead/mux';
import { afterEach, describe, expect, it } from 'vitest';
import { answerTo, type FrontWorld, key, openFrontWorld, until } from '../testing/front-world.ts';

type WorldOptions = Parameters<typeof openFrontWorld>[0];

let world: FrontWorld;
/** Of the engine: the last answer that has begun. */
let answering: ServerResponse;
let session: MuxSession;
let socket: Socket;
const sessions: MuxSession[] = [];

afterEach(async () => {
  for (const one of sessions.splice(0)) one.destroy();
  await world[Symbol.asyncDispose]();
});

/** The engine writes the first half of each answer and leaves the rest to the test. */
async function open(options: Omit<WorldOptions, 'handler'> = {}): Promise<void> {
  world = await openFrontWorld({
    ...options,
    handler: (incoming, response) => {
      incoming.resume();
      answering = response;
      response.write('first ');
    },
  });
  session = await dial();
}

async function dial(): Promise<MuxSession> {
  socket = world.dial();
  socket.on('error', () => undefined);
  const resumption = { key, onLost: () => undefined };
  const dialled = await dialMux(socket, { clock: systemClock, resumption });
  if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
  sessions.push(dialled.session);
  return dialled.session;
}

function ask(): ClientRequest {
  const createConnection = () => session.open() as Socket;
  const headers = { authorization: `Bearer ${key}`, connection: 'close' };
  const asked = request({ createConnection, method: 'POST', path: '/v1/chat/completions', headers });
  return asked.on('error', () => undefined);
}

/** Half an answer has come. */
async function begin(): Promise<{ answer: Promise<string>; response: ServerResponse }> {
  const asked = ask();
  asked.end('{}');
  const [incoming] = (await once(asked, 'response')) as [IncomingMessage];
  const answer = text(incoming);
  answer.catch(() => undefined);
  return { answer, response: answering };
}

async function lose(): Promise<void> {
  socket.destroy();
  await until(() => session.isWaiting);
}

const isFree = () => world.front.inFlight === 0;

describe('A session whose channel is lost', () => {
  it('goes on over the next one: the engine has gone on meanwhile', async () => {
    await open();
    const { answer, response } = await begin();
    await lose();
    response.write('meanwhile ');
    expect(await session.resume(world.dial())).toBe('resumed');
    response.end('last');
    expect(await answer).toBe('first meanwhile last');
    await until(isFree);
    expect(world.front.stats.outcomes.completed).toBe(1);
  });

  it('goes on before the front has seen the loss', async () => {
    await open();
    const { answer, response } = await begin();
    socket.pause();
    socket.removeAllListeners('close').emit('end');
    expect(session.isWaiting).toBe(true);
    expect(await session.resume(world.dial())).toBe('resumed');
    response.end('last');
    expect(await answer).toBe('first last');
  });

  it('brings an answer that ended meanwhile, after its client may no longer linger', async () => {
    await open({ limits: { lingerMs: 20 } });
    const { answer, response } = await begin();
    socket.pause();
    response.end('last');
    await until(isFree);
    await lose();
    expect(await session.resume(world.dial())).toBe('resumed');
    expect(await answer).toBe('first last');
  });

  it('frees the engine when its consumer has not come in time, and the consumer hears why', async () => {
    await open({ limits: { resumeMs: 0 } });
    const { answer } = await begin();
    await lose();
    await until(isFree);
    expect(await session.resume(world.dial())).toBe('over');
    expect(session.refusal).toBe('unknown');
    await expect(answer).rejects.toThrow(/aborted|closed|lost the channel/);
  });

  it('frees the engine where it would hold too much', async () => {
    await open({ limits: { waitingSessionBytes: 50_000 } });
    const { response } = await begin();
    await lose();
    response.write(Buffer.alloc(200_000));
    await until(isFree);
  });

  it('frees the engine at once when its consumer says goodbye', async () => {
    await open();
    await begin();
    session.destroy();
    await session.gone;
    await until(isFree);
    expect(world.front.stats.outcomes.client_left).toBe(1);
  });

  it('goes on at a front that drains, and gets no new streams there', async () => {
    await open();
    const { answer, response } = await begin();
    await lose();
    world.front.startDraining(7);
    expect(await session.resume(world.dial())).toBe('resumed');
    await until(() => !session.canOpen);
    response.end('last');
    expect(await answer).toBe('first last');
    await session.closed;
  });

  it('ends when the front is cut', async () => {
    await open();
    await begin();
    await lose();
    world.front.cutAll();
    await until(isFree);
    expect(await session.resume(world.dial())).toBe('over');
  });

  it('makes room for a consumer that comes anew, the longest waiting one first', async () => {
    await open({ limits: { muxes: 3 } });
    const waiting = [];
    for (let n = 0; n < 6; n += 1) {
      session = await dial();
      await begin();
      await lose();
      waiting.push(session);
    }
    expect(await waiting[0]!.resume(world.dial())).toBe('over');
    expect(await waiting[5]!.resume(world.dial())).toBe('resumed');
    expect(await waiting[4]!.resume(world.dial())).toBe('resumed');
  });
});

it('One session takes no more than its share of the connections', async () => {
  await open({ limits: { muxStreams: 2, connections: 4 } });
  await begin();
  await begin();
  expect(session.canOpen).toBe(false);
  const other = await dial();
  expect(other.canOpen).toBe(true);
  session = other;
  const { answer, response } = await begin();
  response.end('last');
  expect(await answer).toBe('first last');
  expect((await answerTo(world.request('GET', '/nowhere'))).status).toBe(404);
});
