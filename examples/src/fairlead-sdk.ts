// The SDK: it needs no port and no environment variables; the second hop is in this process.
//   node examples/src/fairlead-sdk.ts <name>

import { connect } from '@fairlead/client';
import OpenAI from 'openai';

await using connection = await connect(process.argv[2] ?? 'demo', { port: false });
const question = [{ role: 'user' as const, content: 'What is a fairlead?' }];

const answer = await connection.chat({ messages: question, max_tokens: 20 });
console.log('chat:', answer.choices[0]?.message.content);

let pieces = 0;
for await (const chunk of connection.chatStream({ messages: question, max_tokens: 20 }))
  if (chunk.choices[0]?.delta.content) pieces += 1;
console.log('stream:', pieces, 'pieces');

const client = new OpenAI(connection.openai());
const embedded = await client.embeddings.create({ model: connection.servedModel, input: ['one', 'two'] });
console.log('embeddings:', embedded.data.length, 'of', embedded.data[0]?.embedding.length);
