// Deploys a model, sends it a request, prints its log and stops it. Run `fairlead init` once before.
//   node examples/src/fairlead-deploy.ts [model] [name]

import { connect, deploy, logs, stop } from '@fairlead/client';

const [model = 'demo', wanted = 'from-a-program'] = process.argv.slice(2);

let name = wanted;
for await (const event of deploy(model, { name: wanted })) {
  if (event.type === 'deployment.submitted') console.log('submitted: job', event.jobId);
  if (event.type === 'deployment.changed') console.log('state:', event.status, event.detail ?? '');
  if (event.type === 'deployment.ready') name = event.name;
}

try {
  await using connection = await connect(name, { port: false });
  const question = [{ role: 'user' as const, content: 'What is a fairlead?' }];
  const answer = await connection.chat({ messages: question, max_tokens: 20 });
  console.log('chat:', answer.choices[0]?.message.content);

  let requests = 0;
  for await (const line of logs(name, { lines: 200 })) if (line.includes('POST /v1/chat/completions')) requests += 1;
  console.log('log:', requests, 'requests');
} finally {
  const ended = await stop(name);
  console.log('stopped:', ended.status);
}
