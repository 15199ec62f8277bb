// connection.json for tools and connection.txt for people, in the job's directory. Neither holds a key.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Log, retryPassing, shellQuote, systemClock } from '@fairlead/kit';
import { type ConnectionFile, connectionFile, encodeText, isBastionSocket } from '@fairlead/protocol';

export interface ConnectionWriter extends AsyncDisposable {
  /** In the order of the calls; of several that wait only the last is written. */
  write: (connection: ConnectionFile) => void;
}

/** A job directory that is away for a moment; what comes meanwhile replaces what waits. */
const retry = { clock: systemClock, random: () => 0.5, limitMs: 5_000, doubtfulLimitMs: 5_000 };

export function openConnectionWriter(jobDir: string, log: Log): ConnectionWriter {
  let next: ConnectionFile | undefined;
  let busy: Promise<void> | undefined;
  let written = '';
  const writeOut = async () => {
    for (let connection = next; connection; connection = next) {
      next = undefined;
      const text = JSON.stringify({ ...connection, writtenMs: 0 });
      if (text === written) continue;
      try {
        await retryPassing(() => writeConnectionFiles(jobDir, connection), retry);
        written = text;
      } catch (error) {
        log.warn({ op: 'connection.write', error: errorText(error) }, 'cannot write the connection files');
      }
    }
    busy = undefined;
  };
  return {
    write(connection) {
      next = connection;
      busy ??= writeOut();
    },
    async [Symbol.asyncDispose]() {
      await busy;
    },
  };
}

async function writeConnectionFiles(jobDir: string, connection: ConnectionFile): Promise<void> {
  await Promise.all([
    replaceFile(join(jobDir, 'connection.json'), `${encodeText(connectionFile, connection)}\n`),
    replaceFile(join(jobDir, 'connection.txt'), describeConnection(connection)),
  ]);
}

async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, path);
}

/** Pure. Port 18000 is what `fairlead connect` takes when it is free. */
export function describeConnection(connection: ConnectionFile): string {
  const { servedModel } = connection;
  const sockets = connection.endpoints.flatMap(({ address }) => (isBastionSocket(address) ? [address.socket] : []));
  const until = connection.deadlineMs === undefined ? 'not known' : new Date(connection.deadlineMs).toISOString();
  const body = JSON.stringify({ model: servedModel, messages: [{ role: 'user', content: 'Hello' }], stream: true });
  return `${connection.deployment}: ${connection.model}, served as ${servedModel} by ${connection.engine}

job       ${connection.jobId} on ${connection.nodes.map(({ host }) => host).join(', ')}
GPUs      ${connection.nodes.flatMap(({ gpus }) => gpus).join(', ') || 'none seen'}
until     ${until}
bastion   ${connection.bastion.host}, ${sockets.join(', ')}

On your own machine:

    ${connection.connect}

It holds http://127.0.0.1:18000/v1 open until Ctrl-C and says so if it had to take another port. The key is in no file
here; this puts it, the URL and the model into the environment of what it runs (OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL):

    fairlead exec ${connection.deployment} -- sh

curl:

    curl -N http://127.0.0.1:18000/v1/chat/completions \\
      -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' \\
      -d ${shellQuote(body)}

Python (pip install openai):

    import os
    from openai import OpenAI
    client = OpenAI(base_url="http://127.0.0.1:18000/v1", api_key=os.environ["OPENAI_API_KEY"])
    stream = client.chat.completions.create(
        model=${JSON.stringify(servedModel)}, messages=[{"role": "user", "content": "Hello"}], stream=True)
    for chunk in stream:
        print(chunk.choices[0].delta.content or "", end="", flush=True)

TypeScript (npm install openai):

    import OpenAI from 'openai';
    const client = new OpenAI({ baseURL: 'http://127.0.0.1:18000/v1', apiKey: process.env.OPENAI_API_KEY });
    const stream = await client.chat.completions.create({
      model: ${typescriptString(servedModel)}, messages: [{ role: 'user', content: 'Hello' }], stream: true });
    for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
`;
}

function typescriptString(text: string): string {
  return /^[A-Za-z0-9_./:@-]+$/.test(text) ? `'${text}'` : JSON.stringify(text);
}
