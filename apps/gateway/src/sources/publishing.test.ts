import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { createSecret, Scope, type Secret, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { DeploymentTaken, GatewayMessage, InstanceState, PublisherMessage } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { ModelSources } from '../routing/model-sources.ts';
import { openGatewayStore, type GatewayStore } from '../store/gateway-store.ts';
import { engineKey, openRelayWorld, type RelayWorld } from '../testing/relay-world.ts';
import { openSources } from './open-sources.ts';
import { hashPublisherToken } from './publisher-desk.ts';

const uid = process.getuid!();
const change = { actor: 'ops@host', nowMs: 1 };
const ready: InstanceState = { status: 'ready' };

let scope: Scope;
let world: RelayWorld;
let dir: string;
let store: GatewayStore;
let clock: ManualClock;
let sources: ModelSources;
let describeSources: () => { publishers?: unknown };
const tokens = new Map<string, Secret>();

beforeEach(async () => {
  scope = new Scope();
  dir = mkdtempSync('/tmp/fl-publishing-');
  scope.defer(() => rmSync(dir, { recursive: true, force: true }));
  world = scope.use(await openRelayWorld({ instances: [answer('first'), answer('second')] }));
  store = scope.use(openGatewayStore(dir, 'serve'));
  for (const name of ['alice', 'bob']) {
    const token = createSecret('flp_');
    tokens.set(name, token);
    store.sources.addPublisher({ name, uid, hash: hashPublisherToken(token), createdMs: 1 }, change);
  }
  clock = new ManualClock();
  sources = new ModelSources((table) => world.useModels(table));
  const publishers = { socket: join(dir, 'publish.sock'), account: { uid: 7, gid: 8 } };
  const opened = await openSources(
    { publishers, store, sources, router: { noteLoads: () => undefined }, clock, log: silentLog },
    scope,
  );
  describeSources = opened.describePublishers;
});
afterEach(() => scope[Symbol.asyncDispose]());

type Handler = Parameters<typeof openRelayWorld>[0]['instances'][number];
function answer(text: string): Handler {
  return (_request, response, body) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ text, body }));
}

const socketOf = (at: number) => {
  const { place } = world.table.get('m')!.offers[at]!;
  return (place as { address: { socket: string } }).address.socket;
};
const published = (deployment: string, at: number, more: object = {}): PublisherMessage => {
  const id = {
    instanceId: `abcdefg${at}`,
    generation: 1,
    socket: socketOf(at),
    apiKey: engineKey,
    servedModels: ['m'],
  };
  const instances = [{ ...id, ...more }];
  return { type: 'deployment.published', deployment, servedModel: 'm', state: ready, createdMs: 1, instances } as never;
};

/** A control that publishes by the token. */
async function publisher(name: string) {
  const socket = new WebSocket('ws://gateway/v1/publish', {
    createConnection: (() => connect(join(dir, 'publish.sock'))) as never,
    headers: { authorization: `Bearer ${tokens.get(name)!.reveal()}` },
  });
  const messages: GatewayMessage[] = [];
  let look = () => undefined as void;
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(String(data)) as GatewayMessage);
    look();
  });
  await once(socket, 'open');
  const taken = (deployment: string, after = 0) => {
    const { promise, resolve } = Promise.withResolvers<DeploymentTaken>();
    look = () => {
      const found = messages
        .slice(after)
        .findLast((one) => one.type === 'deployment.taken' && one.deployment === deployment);
      if (found) resolve(found as DeploymentTaken);
    };
    look();
    return promise;
  };
  const send = (message: PublisherMessage) => socket.send(JSON.stringify(message));
  return {
    socket,
    messages,
    send,
    /** Resolves with the gateway's word on it. */
    tell(message: PublisherMessage) {
      const after = messages.length;
      send(message);
      return taken((message as { deployment: string }).deployment, after);
    },
  };
}

async function ask(model: string): Promise<{ status: number; text?: string; body?: string; error?: unknown }> {
  const response = await world.post('/v1/completions', { model, prompt: 'x' });
  return { status: response.status, ...((await response.json()) as object) };
}

describe('A publisher', () => {
  it('is welcomed with the account of the gateway, and its deployment is asked for by members', async () => {
    const alice = await publisher('alice');
    expect(await alice.tell(published('qwen', 0))).toEqual({
      type: 'deployment.taken',
      deployment: 'qwen',
      names: ['m', 'qwen'],
      refused: [],
    });
    expect(alice.messages[0]).toEqual({ type: 'publisher.welcome', publisher: 'alice', account: { uid: 7, gid: 8 } });
    expect(await ask('qwen')).toMatchObject({ status: 200, text: 'first', body: '{"model":"m","prompt":"x"}' });
    alice.send({ type: 'deployment.withdrawn', deployment: 'qwen' });
    await expect.poll(async () => (await ask('qwen')).status).toBe(404);
  });

  it('without a token that is known is refused', async () => {
    tokens.set('eve', createSecret('flp_'));
    await expect(publisher('eve')).rejects.toThrow('401');
  });

  it('that was added a moment ago is known', async () => {
    const token = createSecret('flp_');
    tokens.set('carol', token);
    using other = openGatewayStore(dir, 'command');
    other.sources.addPublisher({ name: 'carol', uid, hash: hashPublisherToken(token), createdMs: 2 }, change);
    const carol = await publisher('carol');
    expect((await carol.tell(published('qwen', 0))).names).toContain('qwen');
  });

  it('that is removed loses its link and its offers', async () => {
    const alice = await publisher('alice');
    await alice.tell(published('qwen', 0));
    using other = openGatewayStore(dir, 'command');
    other.sources.removePublisher('alice', change);
    const closed = once(alice.socket, 'close');
    await clock.advance(200);
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, String(reason)]).toEqual([1008, 'this publisher was removed']);
    expect((await ask('qwen')).status).toBe(404);
  });

  it('whose control is away is offered on, until its sockets are gone', async () => {
    const alice = await publisher('alice');
    await alice.tell(published('qwen', 0));
    alice.socket.terminate();
    await expect.poll(() => describeSources().publishers).toMatchObject([{ connected: false }, {}]);
    await clock.advance(10_000);
    expect((await ask('qwen')).status).toBe(200);
    rmSync(socketOf(0));
    await clock.advance(10_000);
    expect((await ask('qwen')).status).toBe(404);
  });

  it('that comes back keeps what it names, and no more', async () => {
    const first = await publisher('alice');
    await first.tell(published('qwen', 0));
    await first.tell(published('other', 1));
    const second = await publisher('alice');
    second.send({ type: 'publisher.hello', deployments: ['other'] });
    await expect.poll(async () => (await ask('qwen')).status).toBe(404);
    expect(await ask('other')).toMatchObject({ status: 200, text: 'second' });
  });

  it('that sends what is no message is cut off', async () => {
    const alice = await publisher('alice');
    alice.socket.send('{"type":"deployment.published"}');
    const [code, reason] = (await once(alice.socket, 'close')) as [number, Buffer];
    expect(code).toBe(1008);
    expect(String(reason)).toContain('cannot read a message');
  });
});

it('Connections that show no token do not shut out publishers', async () => {
  const idle = Array.from({ length: 201 }, () => connect(join(dir, 'publish.sock')).resume());
  scope.defer(() => idle.forEach((socket) => socket.destroy()));
  await once(idle[0]!, 'close');
  const alice = await publisher('alice');
  expect((await alice.tell(published('qwen', 0))).names).toContain('qwen');
});

describe('A publisher that lies', () => {
  it('with a link to a socket is refused, and both sides are told why', async () => {
    const alice = await publisher('alice');
    const link = join(dir, 'link.sock');
    symlinkSync(socketOf(0), link);
    const { refused } = await alice.tell(published('qwen', 0, { socket: link }));
    expect(refused).toEqual([
      { instanceId: 'abcdefg0', reason: `the gateway cannot use ${link} because it is a symbolic link` },
    ]);
    expect(describeSources().publishers).toMatchObject([
      { deployments: [{ instances: 0, refused: [expect.stringContaining('symbolic link')] }] },
      {},
    ]);
    expect((await ask('qwen')).status).toBe(503);
  });

  it.skipIf(uid !== 0)('with the socket of another account is refused', async () => {
    const alice = await publisher('alice');
    chownSync(socketOf(0), 60_001, 60_001);
    const { refused } = await alice.tell(published('qwen', 0));
    expect(refused).toMatchObject([{ reason: expect.stringContaining('it belongs to another account (uid 60001') }]);
  });

  it.skipIf(uid !== 0)('by exchanging the socket later reaches nothing', async () => {
    const alice = await publisher('alice');
    await alice.tell(published('qwen', 0));
    chownSync(socketOf(0), 60_001, 60_001);
    expect(await ask('qwen')).toMatchObject({ status: 502 });
    expect(world.seen[0]!.requests).toBe(0);
  });

  it('with the name of a model that another publishes gets it with its own name before it', async () => {
    const [alice, bob] = [await publisher('alice'), await publisher('bob')];
    await alice.tell(published('qwen', 0));
    expect((await bob.tell(published('qwen', 1))).names).toEqual(['bob/m', 'bob/qwen']);
    expect(await ask('qwen')).toMatchObject({ text: 'first' });
    expect(await ask('bob/qwen')).toMatchObject({ text: 'second', body: '{"model":"m","prompt":"x"}' });
    // Who asks for alice's does not come to bob, and the name that bob was given stays.
    alice.send({ type: 'deployment.withdrawn', deployment: 'qwen' });
    await expect.poll(async () => (await ask('qwen')).status).toBe(404);
    expect(await ask('bob/qwen')).toMatchObject({ text: 'second' });
    // Published anew it is the first of its name.
    bob.send({ type: 'deployment.withdrawn', deployment: 'qwen' });
    expect((await bob.tell(published('qwen', 1))).names).toEqual(['m', 'qwen']);
  });

  it("with another publisher's name before a model's gets its own before both", async () => {
    const alice = await publisher('alice');
    const { names } = await alice.tell(published('qwen', 0, { servedModels: ['bob/m'] }));
    expect(names).toEqual(['m', 'alice/bob/m', 'qwen']);
  });

  it("with the name of a model of the gateway's own gets it with its own name before it", async () => {
    sources.own = world.table;
    const alice = await publisher('alice');
    expect((await alice.tell(published('d', 1))).names).toEqual(['alice/m', 'alice/d']);
  });
});

it('A publisher that is removed and added again at once holds none of its former names', async () => {
  const alice = await publisher('alice');
  await alice.tell(published('qwen', 0));
  using other = openGatewayStore(dir, 'command');
  other.sources.removePublisher('alice', change);
  const token = createSecret('flp_');
  tokens.set('alice', token);
  other.sources.addPublisher({ name: 'alice', uid, hash: hashPublisherToken(token), createdMs: 2 }, change);
  // Shows the new token: the gateway reads both changes at a time.
  await publisher('alice');
  const bob = await publisher('bob');
  expect((await bob.tell(published('other', 1))).names).toEqual(['m', 'other']);
});

it('The names that publishers hold survive a restart of the gateway', async () => {
  const alice = await publisher('alice');
  await alice.tell(published('qwen', 0));
  expect(store.sources.publishedNames()).toEqual(
    new Map([
      ['m', 'alice'],
      ['qwen', 'alice'],
    ]),
  );
});
