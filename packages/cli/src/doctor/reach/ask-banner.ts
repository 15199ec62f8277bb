// What answers at an SSH port: the server's first line (RFC 4253 4.2).

import { connect } from 'node:net';

import { CodedError, untilAborted } from '@fairlead/kit';

const maxBytes = 4_096;

/** Undefined when the answer is not SSH, or none came in time. Rejects only when the signal fires. */
export async function askBanner(
  { host, port }: { host: string; port: number },
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const socket = connect({ host, port, timeout: limitMs });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
    const line = /^SSH-[^\r\n]*(?=\r?\n)/m.exec(said)?.[0];
    if (line !== undefined || said.length > maxBytes) resolve(line);
  });
  for (const event of ['error', 'close', 'timeout']) socket.once(event, () => resolve(undefined));
  try {
    return await untilAborted(promise, signal);
  } catch (error) {
    throw signal.aborted ? new CodedError('interrupted', 'the check was interrupted', { cause: error }) : error;
  } finally {
    socket.destroy();
  }
}
