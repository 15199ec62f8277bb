// The same engine reached directly, by OpenSSH as typed (-R and -L), and by our two hops: time to first byte of new connections.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { openEngineSim } from '@fairlead/engine-sim';
import { type Scope, Secret } from '@fairlead/kit';
import { createJobKey, joinStreams, openSsh, openUserSshd, type SshTarget } from '@fairlead/tunnel';

import { quantile } from './statistics.ts';

export interface Way {
  name: 'direct' | 'openssh' | 'fairlead';
  /** Unix socket at which the engine answers by this way. */
  socket: string;
}

const KEY = 'bench-key';
/** `exec cat` stands for the gate: what matters here is the open session channel. */
const GATE = `echo '{}'; exec cat`;

export async function openWays(scope: Scope): Promise<Way[]> {
  const dir = await mkdtemp('/tmp/fl-bench-');
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  const engine = join(dir, 'engine.sock');
  scope.use(
    await openEngineSim({
      listen: { uds: engine },
      modelNames: ['bench'],
      apiKeys: [new Secret(KEY)],
      decodeMs: 0,
      prefillMs: 0,
    }),
  );
  const key = createJobKey();
  const keyFile = join(dir, 'key');
  await writeFile(keyFile, key.privateKey.reveal(), { mode: 0o600 });
  const sshd = scope.use(await openUserSshd({ dir: join(dir, 'sshd'), authorizedKeys: [key.publicKey] }));
  await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.hostKeyLine}\n`);
  const target: SshTarget = {
    host: sshd.host,
    port: sshd.port,
    user: sshd.user,
    hostKeys: { kind: 'pinned', keys: [sshd.hostKeyLine] },
    auth: { privateKey: key.privateKey },
  };
  return [
    { name: 'direct', socket: engine },
    {
      name: 'openssh',
      socket: await openSshAsTyped(scope, { dir, engine, keyFile, port: sshd.port, user: sshd.user }),
    },
    { name: 'fairlead', socket: await openFairlead(scope, { dir, engine, target }) },
  ];
}

interface Typed {
  dir: string;
  engine: string;
  keyFile: string;
  port: number;
  user: string;
}

async function openSshAsTyped(scope: Scope, { dir, engine, keyFile, port, user }: Typed): Promise<string> {
  const [middle, near] = [join(dir, 'openssh-far.sock'), join(dir, 'openssh-near.sock')];
  const common = [
    '-F',
    'none',
    '-N',
    '-v',
    '-i',
    keyFile,
    '-p',
    String(port),
    '-o',
    'ExitOnForwardFailure=yes',
    '-o',
    `UserKnownHostsFile=${join(dir, 'known_hosts')}`,
  ];
  const start = async (forward: string[], ready: string) => {
    const child = spawn('ssh', [...common, ...forward, `${user}@127.0.0.1`], { stdio: ['ignore', 'ignore', 'pipe'] });
    scope.defer(() => endOf(child));
    await said(child, ready);
  };
  await start(['-R', `${middle}:${engine}`], 'remote forward success');
  await start(['-L', `${near}:${middle}`], 'Entering interactive session');
  return near;
}

async function openFairlead(
  scope: Scope,
  { dir, engine, target }: { dir: string; engine: string; target: SshTarget },
): Promise<string> {
  const [middle, near] = [join(dir, 'fairlead-far.sock'), join(dir, 'fairlead-near.sock')];
  const job = scope.use(await openSsh(target));
  await job.gate(GATE);
  scope.use(await job.listen(middle, (channel) => join2(channel, connect(engine))));
  const laptop = scope.use(await openSsh(target));
  await laptop.gate(GATE);
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    laptop.dial(middle).then(
      (channel) => join2(socket, channel),
      (error: Error) => socket.destroy(error),
    );
  });
  server.listen(near);
  await once(server, 'listening');
  scope.defer(() => void server.close());
  return near;
}

function join2(...[a, b]: Parameters<typeof joinStreams>): void {
  joinStreams(a, b).catch(() => a.destroy());
}

/** Milliseconds from the first byte sent on a new connection to the first byte of the answer. */
export async function firstByteMs(way: Way): Promise<number> {
  const body = JSON.stringify({
    model: 'bench',
    max_tokens: 1,
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  });
  const startedMs = performance.now();
  const socket = connect(way.socket);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  const ms = performance.now() - startedMs;
  socket.resume();
  if (!chunk.toString('latin1').startsWith('HTTP/1.1 200'))
    throw new Error(`${way.name} answered ${chunk.toString('utf8').slice(0, 80)}`);
  await once(socket, 'close');
  return ms;
}

/** One round: `streams` at a time until `requests` are done. */
export async function measureRound(
  way: Way,
  options: { streams: number; requests: number },
): Promise<{ p50: number; p99: number }> {
  const samples: number[] = [];
  let left = options.requests;
  const worker = async () => {
    while (left-- > 0) samples.push(await firstByteMs(way));
  };
  await Promise.all(Array.from({ length: options.streams }, worker));
  return { p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) };
}

async function said(child: ChildProcess, word: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    if (text.includes(word)) resolve();
  });
  child.once('exit', () => reject(new Error(`ssh ended before it said ${word}: ${text.slice(-300)}`)));
  await promise;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
