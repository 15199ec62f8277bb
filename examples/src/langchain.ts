// LangChain for JavaScript, unmodified.
//   fairlead exec <name> -- node examples/src/langchain.ts

import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';

const model = process.env['OPENAI_MODEL'] ?? 'demo';
const configuration = { baseURL: process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:18000/v1' };
const apiKey = process.env['OPENAI_API_KEY'] ?? '';
const chat = new ChatOpenAI({ model, apiKey, configuration, maxTokens: 20, maxRetries: 0 });
const question = 'What is a fairlead?';

console.log('chat:', (await chat.invoke(question)).text);

let pieces = 0;
for await (const chunk of await chat.stream(question)) if (chunk.text) pieces += 1;
console.log('stream:', pieces, 'pieces');

const getWeather = tool(async ({ city }) => `It rains in ${city}.`, {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string() }),
});
const planner = new ChatOpenAI({ model, apiKey, configuration, maxRetries: 0 }).bindTools([getWeather]);
const planned = await planner.invoke('What is the weather in Paris?');
for (const call of planned.tool_calls ?? []) console.log('tools:', call.name, JSON.stringify(call.args));

const embeddings = new OpenAIEmbeddings({ model, apiKey, configuration });
const vectors = await embeddings.embedDocuments(['one', 'two']);
console.log('embeddings:', vectors.length, 'of', vectors[0]?.length);

const failures = {
  'wrong key': new ChatOpenAI({ model, apiKey: 'wrong', configuration, maxRetries: 0 }),
  'wrong model': new ChatOpenAI({ model: 'nobody', apiKey, configuration, maxRetries: 0 }),
  'too long': new ChatOpenAI({ model, apiKey, configuration, maxTokens: 10_000_000, maxRetries: 0 }),
};
for (const [what, failing] of Object.entries(failures)) {
  try {
    await failing.invoke(question);
    console.log(`${what}: was taken`);
  } catch (error) {
    console.log(`${what}:`, (error as { status?: number }).status);
  }
}

const leaving = new AbortController();
try {
  const long = new ChatOpenAI({ model, apiKey, configuration, maxTokens: 1000 });
  for await (const chunk of await long.stream(question, { signal: leaving.signal })) if (chunk.text) leaving.abort();
} catch (error) {
  if (!leaving.signal.aborted) throw error;
}
console.log('cancel:', leaving.signal.aborted);
