import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { CodedError, Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SshTarget } from '../ssh-target.ts';
import { hasSshd, openTestSsh, type TestSsh } from '../testing.ts';
import { sshVersion } from '../system-ssh/run-ssh.ts';
import { askEachRoute } from './ask-each-route.ts';
import { openFirstRoute, type NamedRoute, type RoutesOptions } from './open-first-route.ts';
import { createRouteMemory } from './route-memory.ts';
import { whyTaken, wrongRoutes } from './route-words.ts';

let scope: Scope;
let bastion: TestSsh;
let other: TestSsh;
beforeEach(async () => {
  scope = new Scope();
  bastion = scope.use(await openTestSsh('builtin'));
  other = scope.use(await openTestSsh('builtin'));
});
afterEach(() => scope[Symbol.asyncDispose]());

const route = (name: string, change: Partial<SshTarget> = {}): NamedRoute => ({
  name,
  target: async () => ({ ...bastion.target, ...change }),
});

function open(routes: NamedRoute[], change: Partial<RoutesOptions<string>> = {}) {
  const opening = openFirstRoute({
    routes,
    memory: createRouteMemory(),
    deniedMs: 60_000,
    prove: async (connection) => connection.label,
    ...change,
  });
  return opening.then((opened) => {
    scope.use(opened.connection);
    return opened;
  });
}

/** A server that accepts connections and sends nothing: a client waits for its banner as at a black hole. */
async function openSilence(): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

const withSshd = await hasSshd();
const withOpenSsh =
  withSshd &&
  (await sshVersion(process.env).then(
    () => true,
    () => false,
  ));

describe('openFirstRoute', () => {
  it('takes the first route in the given order when all answer, and logs in by no other', async () => {
    const proven: string[] = [];
    const { taken, proof } = await open(
      [route('inside', { label: 'inside' }), route('outside', { label: 'outside' })],
      {
        prove: async ({ label }) => {
          proven.push(label);
          return label;
        },
      },
    );
    expect({ name: taken.name, proof, proven }).toEqual({ name: 'inside', proof: 'inside', proven: ['inside'] });
  });

  it('waits only a moment for a silent first route, and says why it took the next', async () => {
    const { port } = await openSilence();
    const memory = createRouteMemory();
    const startedMs = performance.now();
    const { taken } = await open([route('hole', { port }), route('outside')], { memory });
    // By the moment of a second, long before the time for a connection is over.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(whyTaken(taken)).toBe('route 2 of 2: hole did not answer in time');
    expect(memory.taken).toBe('outside');
  });

  it('takes the next route when one leads to another host, and names that one', async () => {
    const { taken } = await open([route('elsewhere', { port: other.port }), route('outside')]);
    expect(taken.name).toBe('outside');
    expect(wrongRoutes(taken)).toMatchObject([{ name: 'elsewhere', failure: { code: 'host_key_changed' } }]);
  });

  it('takes the next route when the proof rejects the host', async () => {
    const { taken } = await open([route('twin', { label: 'twin' }), route('outside', { label: 'outside' })], {
      prove: async ({ label }) => {
        if (label === 'twin') throw new CodedError('bastion_moved', 'it is another host');
        return label;
      },
      otherHostCodes: ['bastion_moved'],
    });
    expect(whyTaken(taken)).toBe('route 2 of 2: twin was refused: it is another host');
    expect(wrongRoutes(taken)).toMatchObject([{ name: 'twin' }]);
  });

  it('tries no other route after a refused login', async () => {
    const auth = { identityFiles: [other.userKeyFile] };
    const opening = open([route('inside', { auth }), route('outside')]);
    await expect(opening).rejects.toMatchObject({ code: 'auth_failed' });
  });

  it('avoids a jump host that refuses the login, for a while', async () => {
    const jump = { ...other.target, auth: { identityFiles: [bastion.userKeyFile] } };
    const memory = createRouteMemory();
    let asked = 0;
    const through: NamedRoute = {
      name: 'bastion through login',
      target: async () => {
        asked += 1;
        return { ...bastion.target, jump };
      },
    };
    for (const _ of [1, 2]) {
      const { taken } = await open([through, route('outside')], { memory });
      expect(taken).toMatchObject({ name: 'outside', answers: [{ failure: { code: 'auth_failed' } }, {}] });
    }
    expect(asked).toBe(1);
  });

  it.skipIf(!withSshd)('goes through a jump host when the direct route is closed', async () => {
    // The built-in server carries no TCP.
    const login = scope.use(await openTestSsh('sshd'));
    const { taken } = await open([route('direct', { port: 1 }), route('through', { jump: login.target })]);
    expect(taken.name).toBe('through');
  });

  it("names each route's answer when all fail", async () => {
    const opening = open([route('shut', { port: 1 }), route('elsewhere', { port: other.port })]);
    await expect(opening).rejects.toMatchObject({
      code: 'no_route',
      retryable: true,
      message: expect.stringMatching(
        /by any of its 2 routes: shut failed: .*; elsewhere was refused: .*host key changed/,
      ),
    });
    await expect(open([route('shut', { port: 1 })])).rejects.toMatchObject({ code: 'refused' });
    await expect(open([route('a', { port: 1 }), route('b', { port: 1 })])).rejects.toMatchObject({ code: 'refused' });
  });

  it('asks the user only about the route that it takes', async () => {
    const asked: string[] = [];
    const unknown = (name: string): Partial<SshTarget> => ({
      hostKeys: { kind: 'known-hosts', files: [], ask: async () => asked.push(name) > 0 },
    });
    const { taken } = await open([route('inside', unknown('inside')), route('outside', unknown('outside'))]);
    expect({ taken: taken.name, asked }).toEqual({ taken: 'inside', asked: ['inside'] });
  });

  it('ends with its signal while all routes are silent', async () => {
    const { port, server } = await openSilence();
    const stop = new AbortController();
    const opening = open([route('hole', { port })], { signal: stop.signal });
    await once(server, 'connection');
    stop.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });

  it('closes the connection when its signal ends a proof', async () => {
    const stop = new AbortController();
    const closed = Promise.withResolvers<void>();
    const opening = open([route('inside')], {
      signal: stop.signal,
      prove: (connection) => {
        connection.closed.then(() => closed.resolve(), closed.reject);
        stop.abort(new Error('enough'));
        return new Promise(() => undefined);
      },
    });
    await expect(opening).rejects.toThrow('enough');
    await closed.promise;
  });
});

describe.skipIf(!withOpenSsh)("openFirstRoute with the system's ssh", () => {
  it('asks before ssh logs in: a silent route and another host cost no login', async () => {
    const login = scope.use(await openTestSsh('sshd'));
    const { port } = await openSilence();
    const target = await login.systemTarget();
    const through = (name: string, change: Partial<SshTarget> = {}): NamedRoute => ({
      name,
      target: async () => ({ ...target, ...change }),
    });
    const routes = [through('hole', { port }), through('elsewhere', { port: other.port }), through('outside')];
    const { taken, connection } = await open(routes);
    expect(whyTaken(taken)).toMatch(/^route 3 of 3: hole did not answer in time; elsewhere was refused: .*host key/);
    expect((await connection.run('echo ok')).stdout).toBe('ok\n');
  });
});

describe('askEachRoute', () => {
  it("resolves with each route's answer, and logs in by none", async () => {
    const { port } = await openSilence();
    const auth = { identityFiles: [] };
    const routes = [route('inside', { auth }), route('elsewhere', { port: other.port })];
    // A limit that a silent host reaches at once is one that a busy machine reaches too.
    const silent = askEachRoute([route('hole', { port })], { limitMs: 50 });
    expect(await askEachRoute(routes, { limitMs: 20_000 })).toMatchObject([
      { name: 'inside', outcome: 'answered' },
      { name: 'elsewhere', outcome: 'failed', failure: { code: 'host_key_changed' } },
    ]);
    expect(await silent).toMatchObject([{ name: 'hole', outcome: 'failed', failure: { code: 'timeout' } }]);
  });
});
