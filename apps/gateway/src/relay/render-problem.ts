// An error as a whole answer, in the shape of the API that was asked.

import { STATUS_CODES } from 'node:http';

import { type Dialect, errorBodyOf, type Refusal } from '@fairlead/openai-wire';
import { wireErrors } from '@fairlead/protocol';

export interface ProblemFrame {
  dialect: Dialect;
  requestId: string;
  /** HEAD gets no content. */
  method?: string | undefined;
  /** Further lines of the head. */
  fields?: readonly string[];
}

/** The connection closes after it: the body of the request may not have been read. */
export function renderProblem(problem: Refusal, { dialect, requestId, method, fields = [] }: ProblemFrame): Buffer {
  const { status } = wireErrors[problem.code];
  const body = Buffer.from(JSON.stringify(errorBodyOf(dialect, { ...problem, status })));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    `x-fairlead-request-id: ${requestId}`,
    'connection: close',
    ...fields,
  ];
  if (status === 401) lines.push('www-authenticate: Bearer');
  if (problem.allow !== undefined) lines.push(`allow: ${problem.allow.join(', ')}`);
  if (problem.retryAfterSeconds !== undefined) lines.push(`retry-after: ${Math.ceil(problem.retryAfterSeconds)}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return method === 'HEAD' ? head : Buffer.concat([head, body]);
}
