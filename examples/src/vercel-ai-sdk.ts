// The Vercel AI SDK, unmodified, by its provider for OpenAI-compatible servers.
//   fairlead exec <name> -- node examples/src/vercel-ai-sdk.ts

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateText, streamText, tool } from 'ai';
import { z } from 'zod';

const name = process.env['OPENAI_MODEL'] ?? 'demo';
const baseURL = process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:18000/v1';
const provider = createOpenAICompatible({ name: 'fairlead', baseURL, apiKey: process.env['OPENAI_API_KEY'] ?? '' });
const model = provider(name);
const prompt = 'What is a fairlead?';

const { text } = await generateText({ model, prompt, maxOutputTokens: 20 });
console.log('chat:', text);

let pieces = 0;
for await (const piece of streamText({ model, prompt, maxOutputTokens: 20 }).textStream) if (piece) pieces += 1;
console.log('stream:', pieces, 'pieces');

const weather = tool({
  description: 'The weather in a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `It rains in ${city}.`,
});
const called = await generateText({ model, tools: { weather }, prompt: 'What is the weather in Paris?' });
for (const call of called.toolCalls) console.log('tools:', call.toolName, JSON.stringify(call.input));

const embedded = await embedMany({ model: provider.embeddingModel(name), values: ['one', 'two'] });
console.log('embeddings:', embedded.embeddings.length, 'of', embedded.embeddings[0]?.length);

const stranger = createOpenAICompatible({ name: 'fairlead', baseURL, apiKey: 'wrong' });
const failures = {
  'wrong key': () => generateText({ model: stranger(name), prompt, maxRetries: 0 }),
  'wrong model': () => generateText({ model: provider('nobody'), prompt, maxRetries: 0 }),
  'too long': () => generateText({ model, prompt, maxOutputTokens: 10_000_000, maxRetries: 0 }),
};
for (const [what, attempt] of Object.entries(failures)) {
  try {
    await attempt();
    console.log(`${what}: was taken`);
  } catch (error) {
    if (!APICallError.isInstance(error)) throw error;
    console.log(`${what}:`, error.statusCode, error.message.slice(0, 80));
  }
}

const leaving = new AbortController();
const long = streamText({ model, prompt, maxOutputTokens: 1000, abortSignal: leaving.signal });
for await (const piece of long.textStream) if (piece) leaving.abort();
console.log('cancel:', leaving.signal.aborted);
