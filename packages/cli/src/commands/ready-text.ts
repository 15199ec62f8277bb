// What a person reads when a deployment is ready: how to reach it, ready to paste. Names the variable of the key, never the key.

import { clockTime, leftWords } from './instance-words.ts';

export function readyText(name: string, model: string, deadlineMs: number | undefined, nowMs: number): string {
  const until =
    deadlineMs === undefined ? '' : `It runs until ${clockTime(deadlineMs)} (${leftWords(deadlineMs, nowMs)}).\n`;
  return `
${name} is ready. ${until}
Ask it, or run a program that finds it in its environment:

    fairlead chat ${name} Hello
    fairlead exec ${name} -- python script.py

Open the path for all others, and leave it open:

    fairlead connect ${name}

More examples: fairlead open ${name}. Stop it with: fairlead stop ${name}

${examplesText({ baseUrl: 'http://127.0.0.1:18000/v1', model, name })}`;
}

export function examplesText(options: { baseUrl: string; model: string; name: string }): string {
  const { baseUrl, model, name } = options;
  return `With \`fairlead connect ${name}\` open in another terminal, and its key in this one:

    export OPENAI_API_KEY=$(fairlead exec ${name} -- printenv OPENAI_API_KEY)

curl
    curl -N ${baseUrl}/chat/completions \\
      -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' \\
      -d '{"model": "${model}", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'

Python
    from openai import OpenAI
    client = OpenAI(base_url="${baseUrl}")
    for chunk in client.chat.completions.create(model="${model}", stream=True,
            messages=[{"role": "user", "content": "Hello"}]):
        print(chunk.choices[0].delta.content or "", end="", flush=True)

TypeScript
    import OpenAI from 'openai';
    const client = new OpenAI({ baseURL: '${baseUrl}' });
    const stream = await client.chat.completions.create({ model: '${model}', stream: true,
      messages: [{ role: 'user', content: 'Hello' }] });
    for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
`;
}
