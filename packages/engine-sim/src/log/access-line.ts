// uvicorn's access log: one line on stdout for each answer, without vLLM's prefix.

import { STATUS_CODES } from 'node:http';
import type { LogLine } from './log-line.ts';

export interface AccessEntry {
  /** `host:port`, or nothing on a unix socket. */
  client: string;
  method: string;
  target: string;
  httpVersion: string;
  status: number;
}

export function accessLine({ client, method, target, httpVersion, status }: AccessEntry): LogLine {
  const what = `"${method} ${target} HTTP/${httpVersion}" ${status} ${STATUS_CODES[status] ?? ''}`;
  return { stream: 'out', text: `INFO:     ${client} - ${what}` };
}
