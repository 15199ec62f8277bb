// Server-sent events as vLLM writes them: bare `data:` with [DONE] for OpenAI's old routes, named events for the others.

import { engineDeadText } from './api-error.ts';

export const doneEvent = 'data: [DONE]\n\n';

/** The last event of a stream whose engine died. It has the spaces of Python's `json.dumps`, unlike the other events. */
export const engineDeadEvent = `data: {"error": {"message": "${engineDeadText}", "type": "InternalServerError", "param": null, "code": 500}}\n\n`;

export function namedEvent(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}
