// A deployment that is encrypted from the consumer to the node, with all its programs: what passes at the bastion's socket, who is refused there.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { openWorld, type World } from '@fairlead/testkit';
import { freePort } from '@fairlead/testkit/free-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const hasSsh = spawnSync('ssh', ['-V']).status === 0;
const timeoutMs = 60_000;
const prompt = 'a prompt that the bastion must not see';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.deploy('a', '--set', 'endToEnd=true', '--set', 'plain=false');
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

interface Shown {
  endpoints: Array<{ address: { socket: string } }>;
  endToEnd?: { plain: boolean; fingerprint: string };
}

async function instance(): Promise<Shown> {
  const { last } = await world.json('status', 'a');
  return (last as unknown as { deployment: { instances: Shown[] } }).deployment.instances[0]!;
}

/** Stands in at the endpoint's socket, as other processes of the account or root of the bastion can, until the server is closed. */
async function standIn(onChannel: (channel: Socket, aside: string) => void): Promise<AsyncDisposable> {
  const socket = (await instance()).endpoints[0]!.address.socket;
  const aside = `${socket}.aside`;
  await rename(socket, aside);
  const channels = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (channel) => {
    channels.add(channel.on('error', () => undefined));
    onChannel(channel, aside);
  });
  await once(server.listen(socket), 'listening');
  return {
    async [Symbol.asyncDispose]() {
      for (const channel of channels) channel.destroy();
      server.close();
      await once(server, 'close');
      await rename(aside, socket);
    },
  };
}

describe('connect --print-ssh', () => {
  it.skipIf(!hasSsh)(
    'prints a line of ssh, through which a plain request is answered',
    async () => {
      await world.deploy('plain');
      const port = await freePort();
      const { code, last } = await world.json('connect', 'plain', '--print-ssh', '--port', String(port));
      expect({ code, last }).toMatchObject({
        code: 0,
        last: { event: 'ssh.printed', ok: true, baseUrl: `http://127.0.0.1:${port}/v1` },
      });
      const printed = await world.cli(['connect', 'plain', '--print-ssh', '--port', String(port)]);
      expect(printed.stdout).toBe(`${String(last['line'])}\n`);
      const ssh = spawn('sh', ['-c', `exec ${printed.stdout.trim()} -v -F none`], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      try {
        for await (const text of ssh.stderr) if (String(text).includes('Local forwarding listening')) break;
        const answer = await fetch(`http://127.0.0.1:${port}/v1/models`);
        expect(answer.status).toBe(401);
      } finally {
        ssh.kill();
      }
    },
    timeoutMs,
  );

  it(
    'is refused where plain requests are',
    async () => {
      const { code, last } = await world.json('connect', 'a', '--print-ssh');
      expect({ code, last }).toMatchObject({ code: 2, last: { error: { code: 'usage' } } });
    },
    timeoutMs,
  );
});

describe('A deployment with endToEnd', () => {
  it(
    'is shown as such by status, list and connect',
    async () => {
      const { endToEnd } = await instance();
      expect(endToEnd).toEqual({ plain: false, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
      const status = await world.cli(['status', 'a']);
      expect(status.stdout).toContain('encrypted from end to end');
      expect(status.stdout).toContain(endToEnd?.fingerprint);
      const connected = world.start(['connect', 'a', '--port', '0', '--json']);
      expect(JSON.parse(await connected.line((line) => line.includes('"connected"')))).toMatchObject({
        endToEnd: true,
      });
      connected.signal('SIGINT');
      await connected.ended;
    },
    timeoutMs,
  );

  it(
    'answers, and lets nothing of prompt, answer and key be read at the bastion',
    async () => {
      const passed: Buffer[] = [];
      await using _ = await standIn((channel, aside) => {
        const front = connect({ path: aside, allowHalfOpen: true }).on('error', () => channel.destroy());
        for (const [from, to] of [
          [channel, front],
          [front, channel],
        ] as const) {
          from.on('data', (chunk: Buffer) => void passed.push(chunk));
          from.pipe(to);
        }
        channel.once('close', () => front.destroy());
      });
      const { code, last } = await world.json('chat', 'a', prompt);
      expect({ code, last }).toMatchObject({ code: 0, last: { event: 'answer', ok: true } });
      const whole = Buffer.concat(passed);
      expect(whole.length).toBeGreaterThan(1_000);
      for (const secret of [prompt, String(last['text']).slice(0, 12), 'HTTP/1.1', 'Bearer'])
        expect(whole.includes(secret)).toBe(false);
    },
    timeoutMs,
  );

  it(
    'refuses a plain request at its socket, with the reason',
    async () => {
      const socket = (await instance()).endpoints[0]!.address.socket;
      const plain = connect({ path: socket, allowHalfOpen: true });
      plain.write('GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n');
      const answer = await text(plain);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toContain('end-to-end encryption only');
    },
    timeoutMs,
  );

  it(
    'tells its consumer that another process answers in its place, and sends that nothing',
    async () => {
      const heard: Buffer[] = [];
      await using _ = await standIn((channel) => {
        channel.on('data', (chunk: Buffer) => {
          heard.push(chunk);
          channel.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        });
      });
      const { code, last } = await world.json('chat', 'a', prompt);
      expect({ code, last }).toMatchObject({ code: 1, last: { error: { code: 'endpoint_untrusted' } } });
      expect(heard.length).toBeGreaterThan(0);
      expect(Buffer.concat(heard).includes(prompt)).toBe(false);
      expect(Buffer.concat(heard).includes('Bearer')).toBe(false);
    },
    timeoutMs,
  );
});
