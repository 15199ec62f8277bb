// An engine that answers at once, by bytes alone, behind what a front takes: one request on a connection, or the streams of a mux. Nothing of
// what is measured is its time.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { systemClock } from '@fairlead/kit';
import { MuxSession, preface, sniffPreface } from '@fairlead/mux';

import { takeOrders } from '../harness/worker.ts';
import { eventsOfStream, pacedEvents } from './events-of-stream.ts';

/** The pace of a stream that is asked for with the user `paced`. */
const pacedMs = 20;

export interface OriginOrders {
  /** Also on a port of the loopback, for those that take no socket. */
  open(given: { socket: string }): Promise<{ port: number }>;
  /** From now on it takes requests and answers none. */
  silence(): void;
}

const usage = { prompt_tokens: 300, completion_tokens: 20, total_tokens: 320 };
const message = { role: 'assistant', content: 'x'.repeat(200) };
const body = JSON.stringify({ id: 'c', object: 'chat.completion', choices: [{ index: 0, message }], usage });
const whole = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
);
const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n',
);
const delta = { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: ' word' } }] };
const event = chunk(`data: ${JSON.stringify(delta)}\n\n`);
const end = Buffer.from(`${chunk('data: [DONE]\n\n').toString()}0\r\n\r\n`);

let isSilent = false;

takeOrders({
  silence() {
    isSilent = true;
  },
  async open({ socket }: { socket: string }) {
    const server = createServer(take);
    server.listen(socket);
    await once(server, 'listening');
    const byPort = createServer({ noDelay: true }, answer);
    byPort.listen(0, '127.0.0.1');
    await once(byPort, 'listening');
    return { port: (byPort.address() as { port: number }).port };
  },
} satisfies OriginOrders);

/** By its first piece, which is large enough to tell. */
function take(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.once('data', (piece: Buffer) => {
    if (sniffPreface(piece) === 'plain') {
      answer(socket);
      socket.emit('data', piece);
      return;
    }
    const firstBytes = piece.subarray(preface.length);
    new MuxSession({ role: 'front', channel: socket, clock: systemClock, firstBytes, onStream: answer });
  });
}

function answer(socket: Duplex): void {
  let request = '';
  socket.on('error', () => undefined);
  socket.on('data', (piece: Buffer) => {
    request += piece.toString('latin1');
    const headEnd = request.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(request)?.[1];
    if (headEnd === -1 || (length !== undefined && request.length < headEnd + 4 + Number(length))) return;
    // Some send their body in chunks.
    if (length === undefined && !request.endsWith('0\r\n\r\n')) return;
    if (isSilent) return;
    if (request.includes('"user":"held"')) hold(socket);
    else if (request.includes('"user":"paced"')) sendPaced(socket);
    else if (request.includes('"stream":true')) sendEvents(socket);
    else socket.end(whole);
  });
}

/** One event, and then nothing more. */
function hold(socket: Duplex): void {
  socket.write(streamHead);
  socket.write(event);
}

/** As an engine that has room for all of them. */
function sendPaced(socket: Duplex): void {
  socket.write(streamHead);
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer);
    socket.write(event);
    sent += 1;
    if (sent < pacedEvents) return;
    clearInterval(timer);
    socket.end(end);
  }, pacedMs);
}

/** Each in a write of its own, as an engine's. */
function sendEvents(socket: Duplex): void {
  socket.write(streamHead);
  let sent = 0;
  const more = () => {
    for (; sent < eventsOfStream; sent += 1) {
      if (socket.destroyed) return;
      if (!socket.write(event)) {
        sent += 1;
        socket.once('drain', more);
        return;
      }
    }
    socket.end(end);
  };
  more();
}

function chunk(text: string): Buffer {
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
}
