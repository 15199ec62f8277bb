// The laptop's connection where the bastion has several routes: taken, lost, taken again, remembered.

import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { createBastionLink } from '@fairlead/carrier';
import { Scope, Secret } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import type { RouteTaken } from '@fairlead/ssh';
import { openTestSsh, type TestSsh } from '@fairlead/ssh/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openSession } from './open-session.ts';
import { writeProfile } from '../bastion/profile.ts';
import { routeNote } from '../bastion/kept-notes.ts';

let scope: Scope;
let bastion: TestSsh;
let other: TestSsh;

beforeEach(async () => {
  scope = new Scope();
  bastion = scope.use(await openTestSsh('builtin'));
  other = scope.use(await openTestSsh('builtin'));
  mkdirSync(join(bastion.dir, 'state'));
  const line = JSON.stringify({ fairlead: 2, host: 'b1', bootId: 'b', run: '/r', control: 'running' });
  const gate = join(bastion.dir, 'state', 'gate');
  writeFileSync(gate, `#!/bin/sh\necho '${line}' && exec cat\n`);
  chmodSync(gate, 0o700);
});
afterEach(() => scope[Symbol.asyncDispose]());

/** By these ports of this machine, in this order. */
function profileOf(...ports: number[]): LaptopProfile {
  const { user, userKeyFile, hostKeyLine, dir } = bastion;
  const routes = ports.map((port) => ({ host: '127.0.0.1', port, user, identityFile: userKeyFile }));
  return {
    version: 1,
    bastion: { routes, host: 'b1', user, hostKeys: [hostKeyLine], stateDir: join(dir, 'state'), runDir: '/r' },
    controlCertificate: 'PEM',
    ownerToken: new Secret('t'),
  };
}

/** A way to the bastion that can be shut and opened again, at one port. */
async function openWay() {
  const sockets = new Set<Socket>();
  const accept = (near: Socket) => {
    const far = connect({ host: '127.0.0.1', port: bastion.port });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [near, far].forEach((each) => each.destroy()));
    }
    near.pipe(far).pipe(near);
  };
  let server: Server;
  const listen = async (port: number) => {
    server = createServer(accept).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  };
  const shut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(0);
  scope.defer(() => shut().catch(() => undefined));
  return { port, shut, open: () => listen(port) };
}

function openLink(...ports: number[]) {
  const link = scope.use(createBastionLink({ profile: profileOf(...ports), env: {}, home: '/nowhere' }));
  const taken: RouteTaken[] = [];
  link.routes.add((route) => taken.push(route));
  return { link, taken };
}

describe('A bastion with several routes', () => {
  it('is not reached by one that leads to another host, and the caller is told', async () => {
    const { link } = openLink(other.port, bastion.port);
    await link.connection();
    expect(link.route).toMatchObject({
      index: 1,
      answers: [{ failure: { code: 'host_key_changed' } }, { outcome: 'taken' }],
    });
  });

  it('is reached by the next when one is lost, and not by a better one before the next loss', async () => {
    const way = await openWay();
    const { link, taken } = openLink(way.port, bastion.port);
    const first = await link.connection();
    await way.shut();
    await first.closed;
    const second = await link.connection();
    await way.open();
    expect(await link.connection()).toBe(second);
    await bastion.dropSessions();
    await second.closed;
    await link.connection();
    expect(taken.map(({ index }) => index)).toEqual([0, 1, 0]);
  });

  it('is known again by its last route, in a file beside the profile', async () => {
    const file = join(bastion.dir, 'profile.json');
    await writeProfile(file, profileOf(1, bastion.port));
    await using session = await openSession({ profile: file, env: {} });
    await session.link.connection();
    const remembered = () => readFileSync(routeNote(file), 'utf8');
    await vi.waitFor(() => expect(remembered()).toBe(`127.0.0.1:${bastion.port}\n`));
  });
});
