// A throw-away engine: the whole content of its folder in packages/engines/src. third-kinds.test.ts puts it there, in a copy of the checkout.

import type { EngineKind } from '@fairlead/engines';
import { openAiRoutes } from '@fairlead/openai-wire';
import { z } from 'zod';

const server = `
const [socket, model, key] = [process.argv[1], process.argv[2], process.env.ECHO_KEY];
require('node:http').createServer((request, response) => {
  const answer = (status, content) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  if (request.headers.authorization !== 'Bearer ' + key) return answer(401, {});
  if (request.url === '/v1/models') return answer(200, { object: 'list', data: [{ id: model, object: 'model' }] });
  let body = '';
  request.on('data', (piece) => (body += piece)).on('end', () => {
    const { messages, stream } = JSON.parse(body);
    const content = 'echo: ' + messages.at(-1).content;
    if (stream) {
      const event = { choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] };
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: ' + JSON.stringify(event) + '\\n\\ndata: [DONE]\\n\\n');
    }
    answer(200, { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] });
  });
}).listen(socket, () => console.log('echo is up'));
`;

export const echo: EngineKind = {
  name: 'echo',
  title: 'the echo',
  description: 'Answers with what it was asked.',
  options: z.strictObject({}),
  examples: { command: ['node', '-e', 'serve()'], args: ['--loud'], env: {} },
  defaultGpus: 0,
  program: { kind: 'bundled' },
  secretFlags: [],
  caches: [],
  routes: openAiRoutes,
  check: () => ({ problems: [], risks: [] }),
  listens: () => 'socket',
  plan: ({ command, servedModel, args, env }, { nodePath, socket, engineKey }) => ({
    argv: [...(command ?? [nodePath, '-e', server]), socket, servedModel, ...args],
    env: { ...env, ECHO_KEY: engineKey.reveal() },
  }),
  probe: () => ({ healthPath: '/v1/models' }),
  guard: () => 'socket',
  parsePhase: () => undefined,
};
