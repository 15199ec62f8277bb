// Answers a request for a WebSocket with an error of the wire, in plain HTTP, and closes the connection.

import type { Duplex } from 'node:stream';

import { encodeText, errorBody, wireErrors, type WireErrorCode } from '@fairlead/protocol';

export function refuseUpgrade(socket: Duplex, code: WireErrorCode, message: string): void {
  const { status } = wireErrors[code];
  const body = encodeText(errorBody, { error: { code, message } });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
