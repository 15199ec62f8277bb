// An agent's log tail as lines of JSON. A slow reader slows the tail down; a reader that leaves ends it.

import { encodeText, logLine, type logQuery, type Read } from '@fairlead/protocol';

import type { TailOrders, Tail } from '../ws/tail-orders.ts';

/** Limit of text that waits for a slow reader before the agent gets no more credit. What the agent has credit for may exceed it. */
const waitingBytes = 256 * 1024;

export function streamLogs(tails: Pick<TailOrders, 'open'>, query: Read<typeof logQuery>): Response {
  let tail: Tail | undefined;
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (line: Read<typeof logLine>) =>
          controller.enqueue(encoder.encode(`${encodeText(logLine, line)}\n`));
        tail = tails.open(query, {
          push: (lines) => {
            send({ lines });
            return (controller.desiredSize ?? 1) > 0;
          },
          end: (error) => {
            if (error !== undefined) send({ error });
            controller.close();
          },
        });
      },
      pull: () => tail?.drained(),
      cancel: () => tail?.cancel(),
    },
    { highWaterMark: waitingBytes, size: (chunk) => chunk.byteLength },
  );
  return new Response(stream, { headers: { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' } });
}
