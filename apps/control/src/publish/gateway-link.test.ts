import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import { Scope, Secret, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { DeploymentPublished, GatewayMessage, PublisherMessage } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

import type { Described } from './describe-published.ts';
import { GatewayLink } from './gateway-link.ts';

const uid = process.getuid!();
const instance = { instanceId: 'k3f9x2ab', generation: 1, apiKey: new Secret('fl_key'), servedModels: ['m'] };

let scope: Scope;
let dir: string;
let clock: ManualClock;
let described: Map<string, Described>;
/** What was done with sockets, in order. */
let sharing: string[];
let refusal: string | undefined;

beforeEach(() => {
  scope = new Scope();
  dir = mkdtempSync('/tmp/fl-link-');
  scope.defer(() => rmSync(dir, { recursive: true, force: true }));
  clock = new ManualClock();
  sharing = [];
  refusal = undefined;
  described = new Map([['qwen', known('qwen')]]);
});
afterEach(() => scope[Symbol.asyncDispose]());

function known(deployment: string): Described {
  const message: DeploymentPublished = {
    type: 'deployment.published',
    deployment,
    servedModel: 'm',
    state: { status: 'ready' },
    createdMs: 1,
    instances: [{ ...instance, socket: `/run/${deployment}.sock` }],
  };
  return { kind: 'known', message };
}

/** A gateway that a test speaks for. */
async function openGateway({ token = 'flp_token' } = {}) {
  const server: Server = createServer();
  const webSockets = new WebSocketServer({ noServer: true });
  const got: PublisherMessage[] = [];
  const links: WebSocket[] = [];
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.authorization !== `Bearer ${token}`) return void socket.end('HTTP/1.1 401 No\r\n\r\n');
    webSockets.handleUpgrade(request, socket, head, (link) => {
      links.push(link);
      link.on('message', (data: Buffer) => got.push(JSON.parse(String(data)) as PublisherMessage));
      say(link, { type: 'publisher.welcome', publisher: 'alice', account: { uid: uid + 1, gid: 7 } });
    });
  });
  const path = join(dir, 'publish.sock');
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o666);
  const close = () => {
    server.close();
    for (const link of links) link.terminate();
  };
  scope.defer(close);
  return { got, links, close };
}

function say(link: WebSocket, message: GatewayMessage): void {
  link.send(JSON.stringify(message));
}

function openLink(account = uid): GatewayLink {
  const link = new GatewayLink({
    target: { socket: join(dir, 'publish.sock'), uid: account, token: new Secret('flp_token') },
    describe: () => described,
    wantedSockets: () => {
      const all = [...described.values()];
      if (all.some(({ kind }) => kind === 'unknown')) return undefined;
      return all.flatMap((one) => (one.kind === 'known' ? one.message.instances.map(({ socket }) => socket) : []));
    },
    sharing: {
      async share(socket, { uid: to }) {
        sharing.push(`share ${socket} ${to - uid}`);
        return refusal === undefined ? { ok: true, path: `/shared${socket}` } : { ok: false, reason: refusal };
      },
      async keepOnly(sockets) {
        sharing.push(`keep ${sockets.join(',')}`);
      },
    },
    clock,
    log: silentLog,
  });
  scope.use(link);
  return link;
}

const taken = (deployment: string, names = [deployment]): GatewayMessage => ({
  type: 'deployment.taken',
  deployment,
  names,
  refused: [],
});

describe('A link to a gateway', () => {
  it("tells what is published once its sockets are open to the gateway's account, and shows the gateway's word", async () => {
    const gateway = await openGateway();
    const link = openLink();
    await expect.poll(() => gateway.got.map(({ type }) => type)).toEqual(['publisher.hello', 'deployment.published']);
    expect(gateway.got[1]).toMatchObject({ instances: [{ socket: '/shared/run/qwen.sock', apiKey: 'fl_key' }] });
    expect(sharing.slice(0, 2)).toEqual(['keep /run/qwen.sock', 'share /run/qwen.sock 1']);
    say(gateway.links[0]!, taken('qwen', ['alice/qwen']));
    await expect.poll(() => link.view('qwen')).toMatchObject({ state: 'offered', names: ['alice/qwen'], instances: 1 });
  });

  it('withdraws a deployment before it closes its sockets', async () => {
    const gateway = await openGateway();
    const link = openLink();
    await expect.poll(() => gateway.got.length).toBe(2);
    described.delete('qwen');
    await link.sync();
    expect(sharing.at(-1)).toBe('keep ');
    await expect.poll(() => gateway.got.at(-1)).toEqual({ type: 'deployment.withdrawn', deployment: 'qwen' });
  });

  it('closes no socket of a deployment of which control knows nothing yet', async () => {
    described.set('qwen', { kind: 'unknown' });
    const gateway = await openGateway();
    const link = openLink();
    await expect.poll(() => gateway.got.length).toBe(1);
    await link.sync();
    expect(gateway.got).toEqual([{ type: 'publisher.hello', deployments: ['qwen'] }]);
    expect(sharing).toEqual([]);
  });

  it('takes the sockets back when the gateway is away for a minute, and opens them again when it is back', async () => {
    const gateway = await openGateway();
    const link = openLink();
    await expect.poll(() => gateway.got.length).toBe(2);
    gateway.close();
    await expect.poll(() => link.view('qwen').state).toBe('connecting');
    await clock.advance(5_000);
    expect(sharing.at(-1)).toBe('keep /run/qwen.sock');
    await clock.advance(60_000);
    expect(sharing.at(-1)).toBe('keep ');
    const again = await openGateway();
    await clock.advance(10_000);
    await expect.poll(() => again.got.length).toBe(2);
    expect(sharing.at(-1)).toBe('share /run/qwen.sock 1');
  });

  it('says why where the sockets cannot be opened', async () => {
    refusal = 'ask for the package acl';
    const gateway = await openGateway();
    const link = openLink();
    await expect.poll(() => gateway.got[1]).toMatchObject({ instances: [] });
    say(gateway.links[0]!, taken('qwen'));
    await expect.poll(() => link.view('qwen')).toMatchObject({ state: 'refused', problem: 'ask for the package acl' });
  });

  it('says so where the gateway does not know the token', async () => {
    await openGateway({ token: 'flp_other' });
    const link = openLink();
    await expect
      .poll(() => link.view('qwen'))
      .toMatchObject({ state: 'refused', problem: expect.stringContaining('does not know the token') });
  });

  it('sends no token to a socket of another account', async () => {
    const gateway = await openGateway();
    const link = openLink(uid + 1);
    await expect.poll(() => link.view('qwen').problem).toContain('it belongs to another account');
    expect(gateway.links).toEqual([]);
  });
});
