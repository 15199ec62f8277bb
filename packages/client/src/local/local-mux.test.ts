// The local port whose requests are streams of one mux: over real sockets, with a front's end in this process.

import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { duplexPair } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';

import { Scope, silentLog, systemClock } from '@fairlead/kit';
import { dialMux, MuxSession, preface } from '@fairlead/mux';
import type { ReachableEndpoint } from '@fairlead/protocol';
import { afterEach, describe, expect, test } from 'vitest';

import { openLocalPort } from './local-port.ts';

let scope = new Scope();
afterEach(async () => {
  await scope[Symbol.asyncDispose]();
  scope = new Scope();
});

/** Resolves with the port. */
async function open(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  const [near, far] = duplexPair();
  far.once('data', (bytes: Buffer) => {
    const firstBytes = bytes.subarray(preface.length);
    const onStream = (stream: unknown) => server.emit('connection', stream);
    const front = new MuxSession({ role: 'front', channel: far, clock: systemClock, firstBytes, onStream });
    scope.defer(() => front.destroy());
  });
  const dialled = await dialMux(near, { clock: systemClock });
  if (!dialled.ok) throw new Error(dialled.reason);
  const { session } = dialled;
  const endpoint = {} as ReachableEndpoint;
  const options = { port: 0, log: silentLog, open: async () => ({ endpoint, channel: session.open() }) };
  return scope.use(await openLocalPort(options)).port;
}

function ask(port: number, body: string) {
  const asked = request({ port, host: '127.0.0.1', method: 'POST', path: '/v1/x', agent: false });
  asked.on('error', () => undefined);
  asked.end(body);
  return asked;
}

async function answerOf(port: number, body: string): Promise<string> {
  const [response] = (await once(ask(port, body), 'response')) as [IncomingMessage];
  return readAll(response);
}

describe('A request at the local port, in a mux', () => {
  test('is answered whole among 200 others, and its sockets close', async () => {
    const port = await open((incoming, response) => {
      readAll(incoming).then(
        (body) => response.end(body.repeat(1_000)),
        () => response.destroy(),
      );
    });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => answerOf(port, `${n} `)));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, n) => `${n} `.repeat(1_000)));
  });

  test('whose client leaves is seen to end at the front', async () => {
    const gone = Promise.withResolvers<void>();
    const port = await open((incoming, response) => {
      incoming.resume();
      response.once('close', () => gone.resolve());
      response.write('first');
    });
    const asked = ask(port, '{}');
    await once(asked, 'response');
    asked.destroy();
    await gone.promise;
  });

  test('whose answer is cut is seen to be cut', async () => {
    const port = await open((incoming, response) => {
      incoming.resume();
      response.write('first', () => response.destroy());
    });
    await expect(answerOf(port, '{}')).rejects.toThrow(/aborted|hang up/);
  });

  test('whose client stalls holds up no other', async () => {
    let sent = 0;
    const port = await open((incoming, response) => {
      incoming.resume();
      if (incoming.headers['content-length'] === '2') return response.end('quick');
      const piece = Buffer.alloc(65_536);
      const write = () => {
        while (sent < 64_000_000) {
          sent += piece.length;
          if (!response.write(piece)) return;
        }
      };
      response.on('drain', write);
      return write();
    });
    const stalled = ask(port, 'long');
    const [response] = (await once(stalled, 'response')) as [IncomingMessage];
    for (let before = -1; before !== sent;) {
      before = sent;
      expect(await answerOf(port, '{}')).toBe('quick');
    }
    // Two sockets' buffers, and a window.
    expect(sent).toBeLessThan(16_000_000);
    response.destroy();
  });
});
