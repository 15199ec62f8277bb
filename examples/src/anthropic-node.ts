// Anthropic's SDK, unmodified: it reads ANTHROPIC_BASE_URL and ANTHROPIC_AUTH_TOKEN itself.
//   fairlead exec <name> -- node examples/src/anthropic-node.ts

import Anthropic from '@anthropic-ai/sdk';

const model = process.env['OPENAI_MODEL'] ?? 'demo';
const client = new Anthropic({ maxRetries: 0 });
const question = [{ role: 'user' as const, content: 'What is a fairlead?' }];

const answer = await client.messages.create({ model, max_tokens: 20, messages: question });
console.log('chat:', answer.content.map((block) => (block.type === 'text' ? block.text : '')).join(''));

let pieces = 0;
const stream = client.messages.stream({ model, max_tokens: 20, messages: question });
for await (const event of stream) if (event.type === 'content_block_delta') pieces += 1;
console.log('stream:', pieces, 'pieces');

const counted = await client.messages.countTokens({ model, messages: question });
console.log('tokens:', counted.input_tokens);

const failures = {
  'wrong key': () => new Anthropic({ authToken: 'wrong', apiKey: null, maxRetries: 0 }).models.list(),
  'wrong model': () => client.messages.create({ model: 'nobody', max_tokens: 20, messages: question }),
};
for (const [what, attempt] of Object.entries(failures)) {
  try {
    await attempt();
    console.log(`${what}: was taken`);
  } catch (error) {
    if (!(error instanceof Anthropic.APIError)) throw error;
    console.log(`${what}:`, error.status, error.constructor.name);
  }
}

const long = client.messages.stream({ model, max_tokens: 1000, messages: question });
for await (const event of long) if (event.type === 'content_block_delta') break;
console.log('cancel:', long.controller.signal.aborted);
