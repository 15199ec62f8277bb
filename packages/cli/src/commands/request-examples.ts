// One request that a model answers, for curl, Python and TypeScript: by what the model does. Pure.

import { shellQuote } from '@fairlead/kit';

import type { Example, ExampleFacts } from './example.ts';
import type { Task } from './model-task.ts';

/** Those that most users know what to do with. */
export function requestExamples(facts: ExampleFacts): Example[] {
  const { curl, python, typescript } = requests[facts.task];
  return [
    { title: 'curl', text: curl(facts) },
    { title: 'Python (pip install openai)', text: `${pythonClient(facts)}\n${python(JSON.stringify(facts.model))}` },
    {
      title: 'TypeScript (npm install openai)',
      text: typescript(typescriptString(facts.model), typescriptClient(facts)),
    },
  ];
}

interface Requests {
  curl: (facts: ExampleFacts) => string;
  /** `model`: a string of the language. */
  python: (model: string) => string;
  typescript: (model: string, client: string) => string;
}

const requests: Readonly<Record<Task, Requests>> = {
  chat: {
    curl: (facts) =>
      curlJson('-N', '/chat/completions', facts, '"stream": true, "messages": [{"role": "user", "content": "Hello"}]'),
    python: (model) => `stream = client.chat.completions.create(
    model=${model}, messages=[{"role": "user", "content": "Hello"}], stream=True)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`,
    typescript: (model, client) => `import OpenAI from 'openai';

${client}
const stream = await client.chat.completions.create({
  model: ${model}, messages: [{ role: 'user', content: 'Hello' }], stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');`,
  },
  embedding: {
    curl: (facts) => curlJson('', '/embeddings', facts, '"input": ["Hello"]'),
    python: (model) => `answer = client.embeddings.create(model=${model}, input=["Hello"])
print(len(answer.data[0].embedding))`,
    typescript: (model, client) => `import OpenAI from 'openai';

${client}
const answer = await client.embeddings.create({ model: ${model}, input: ['Hello'] });
console.log(answer.data[0]?.embedding.length);`,
  },
  reranker: {
    curl: (facts) => curlJson('', '/rerank', facts, '"query": "a bird", "documents": ["a sparrow", "a stone"]'),
    // OpenAI's API has no such route; its clients send requests to any.
    python: (model) => `answer = client.post("/rerank", cast_to=object, body={
    "model": ${model}, "query": "a bird", "documents": ["a sparrow", "a stone"]})
print(answer["results"])`,
    typescript: (model, client) => `import OpenAI from 'openai';

${client}
const answer = await client.post('/rerank', {
  body: { model: ${model}, query: 'a bird', documents: ['a sparrow', 'a stone'] } });
console.log(answer);`,
  },
  speech: {
    curl: ({ baseUrl, model }) => `curl ${shellQuote(`${baseUrl}/audio/transcriptions`)} \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  --form-string ${shellQuote(`model=${model}`)} -F file=@speech.wav`,
    python: (model) => `with open("speech.wav", "rb") as file:
    print(client.audio.transcriptions.create(model=${model}, file=file).text)`,
    typescript: (model, client) => `import { createReadStream } from 'node:fs';
import OpenAI from 'openai';

${client}
const { text } = await client.audio.transcriptions.create({ model: ${model}, file: createReadStream('speech.wav') });
console.log(text);`,
  },
};

function curlJson(flag: string, route: string, { baseUrl, model }: ExampleFacts, fields: string): string {
  return `curl ${flag === '' ? '' : `${flag} `}${shellQuote(`${baseUrl}${route}`)} \\
  -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' \\
  -d ${shellQuote(`{"model": ${JSON.stringify(model)}, ${fields}}`)}`;
}

function pythonClient({ baseUrl }: ExampleFacts): string {
  return `from openai import OpenAI

client = OpenAI(base_url=${JSON.stringify(baseUrl)})  # the key: OPENAI_API_KEY`;
}

function typescriptClient({ baseUrl }: ExampleFacts): string {
  return `const client = new OpenAI({ baseURL: ${typescriptString(baseUrl)} }); // the key: OPENAI_API_KEY`;
}

const plain = /^[A-Za-z0-9][A-Za-z0-9_./:@-]*$/;

/** The name of a model is whatever its job says. A JSON string is one of Python, too. */
function typescriptString(text: string): string {
  return plain.test(text) ? `'${text}'` : JSON.stringify(text);
}
