// Answers of instances, as a vLLM words them.

import type { Handler } from './relay-world.ts';

export const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

export function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

export function delta(content: string): string {
  return event({
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  });
}

/** Answers a chat, as a stream where it is asked for, with the usage where that is asked for. */
export const chat: Handler = (_request, response, body) => {
  const wanted = JSON.parse(body) as { stream?: boolean; stream_options?: { include_usage?: boolean } };
  if (!wanted.stream) {
    response.setHeader('content-type', 'application/json');
    const message = { role: 'assistant', content: 'one two three' };
    response.end(
      JSON.stringify({
        id: 'c',
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    );
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  for (const word of ['one ', 'two ', 'three']) response.write(delta(word));
  if (wanted.stream_options?.include_usage) response.write(event({ id: 'c', choices: [], usage }));
  response.end('data: [DONE]\n\n');
};

/** Begins a stream, and leaves its end to `then`. */
export function chatThen(then: Handler): Handler {
  return (request, response, body) => {
    response.setHeader('content-type', 'text/event-stream');
    response.write(delta('one '));
    then(request, response, body);
  };
}

export function refusing(status: number): Handler {
  return (_request, response) => void response.writeHead(status).end('{"error":{"message":"no"}}');
}
