// openai-node, unmodified: it reads OPENAI_BASE_URL and OPENAI_API_KEY itself.
//   fairlead exec <name> -- node examples/src/openai-node.ts

import OpenAI from 'openai';

const model = process.env['OPENAI_MODEL'] ?? 'demo';
const client = new OpenAI();
const question = [{ role: 'user' as const, content: 'What is a fairlead?' }];

const answer = await client.chat.completions.create({ model, max_tokens: 20, messages: question });
console.log('chat:', answer.choices[0]?.message.content);

let pieces = 0;
const stream = await client.chat.completions.create({ model, max_tokens: 20, messages: question, stream: true });
for await (const chunk of stream) if (chunk.choices[0]?.delta.content) pieces += 1;
console.log('stream:', pieces, 'pieces');

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
const weather = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];
const called = await client.chat.completions.create({ model, messages: weather, tools });
const call = called.choices[0]?.message.tool_calls?.[0];
if (call?.type === 'function') console.log('tools:', call.function.name, call.function.arguments);

const embedded = await client.embeddings.create({ model, input: ['one', 'two'] });
console.log('embeddings:', embedded.data.length, 'of', embedded.data[0]?.embedding.length);

const failures = {
  'wrong key': () => new OpenAI({ apiKey: 'wrong', maxRetries: 0 }).models.list(),
  'wrong model': () => client.chat.completions.create({ model: 'nobody', messages: question }),
  'too long': () => client.chat.completions.create({ model, messages: question, max_tokens: 10_000_000 }),
};
for (const [what, attempt] of Object.entries(failures)) {
  try {
    await attempt();
    console.log(`${what}: was taken`);
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    console.log(`${what}:`, error.status, error.constructor.name);
  }
}

const long = await client.chat.completions.create({ model, max_tokens: 1000, messages: question, stream: true });
for await (const chunk of long) if (chunk.choices[0]?.delta.content) break;
// Leaving the loop aborts the request: the engine stops computing.
console.log('cancel:', long.controller.signal.aborted);
