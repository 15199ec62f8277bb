import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

import { CodedError, Secret, systemClock, untilAborted } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { openTestSsh } from '@fairlead/tunnel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createBastionLink } from './bastion-link.ts';
import { createControlApi } from './control-api.ts';
import { controlFailed, proveBastion } from './prove-bastion.ts';
import { watchControl } from './watch.ts';

/** A host that takes connections and never says a word. */
let silent: Server;
beforeEach(async () => {
  silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterEach(() => silent.close());

function linkToSilence() {
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const bastion = {
    routes: [{ host: '127.0.0.1', port, user: 'u' }],
    host: 'h',
    user: 'u',
    hostKeys: ['ssh-ed25519 AAAA'],
    stateDir: '/s',
    runDir: '/r',
  };
  const profile = { version: 1, bastion, controlCertificate: '', ownerToken: 't' } as LaptopProfile;
  return createBastionLink({ profile, env: {}, home: '/nowhere' });
}

describe('While a bastion does not answer', () => {
  it('a request and a watch end with their signal, and closing does not wait for the bastion', async () => {
    const link = linkToSilence();
    const deps = { openSocket: () => link.openControl(), ownerToken: new Secret('t') };
    const api = createControlApi(deps);
    const stop = new AbortController();
    const called = api.hello(stop.signal);
    const watched = watchControl(deps, stop.signal).next();
    const opening = link.connection();
    await once(silent, 'connection');
    stop.abort(new Error('enough'));
    await expect(called).rejects.toThrow('enough');
    await expect(watched).rejects.toThrow('enough');
    await expect(api.hello(stop.signal)).rejects.toThrow('enough');
    api[Symbol.dispose]();
    await Promise.all([expect(opening).rejects.toThrow('closed'), link[Symbol.asyncDispose]()]);
  }, 5_000);
});

describe('A bastion that refuses the login', () => {
  it('is asked again only after a while', async () => {
    await using server = await openTestSsh('builtin');
    const { port, user, hostKeyLine } = server;
    const bastion = { routes: [{ host: '127.0.0.1', port, user }], hostKeys: [hostKeyLine], runDir: '/r' };
    let passed = Promise.withResolvers<void>();
    const sleep = (_ms: number, signal?: AbortSignal) => untilAborted(passed.promise, signal);
    await using link = createBastionLink({
      profile: { bastion } as unknown as LaptopProfile,
      env: {},
      home: '/nowhere',
      clock: { ...systemClock, sleep },
    });
    const refused = (): Promise<unknown> => link.connection().catch((error: unknown) => error);
    const first = await refused();
    expect(first).toMatchObject({ code: 'auth_failed' });
    expect(await refused()).toBe(first);
    passed.resolve();
    await new Promise(setImmediate);
    passed = Promise.withResolvers();
    const later = await refused();
    expect(later).toMatchObject({ code: 'auth_failed' });
    expect(later).not.toBe(first);
  });
});

describe('A gate of another host', () => {
  it('is closed again', async () => {
    let isOpen = true;
    const identityLine = JSON.stringify({ fairlead: 1, host: 'other', bootId: 'b', run: '/r', control: 'running' });
    const gate = async () => ({
      identityLine,
      closed: new Promise<void>(() => undefined),
      ping: () => Promise.reject(new CodedError('unused', 'unused')),
      [Symbol.asyncDispose]: async () => {
        isOpen = false;
      },
    });
    const profile = { bastion: { host: 'b1', stateDir: '/s', runDir: '/r', routes: [{ host: 'b' }] } } as LaptopProfile;
    await expect(proveBastion({ gate }, profile)).rejects.toMatchObject({ code: 'bastion_moved' });
    expect(isOpen).toBe(false);
  });
});

describe('A control that does not start', () => {
  it('is told in its own words, with what to do', () => {
    const profile = { bastion: { host: 'b1' } } as LaptopProfile;
    const fault = {
      code: 'store_corrupt',
      message: 'cannot use control.db because it is damaged',
      hint: 'Restore it.',
    };
    const refused = new Error('connect failed');
    expect(controlFailed(profile, fault, refused)).toMatchObject({
      code: 'control_unreachable',
      message: expect.stringContaining('does not start on b1: cannot use control.db') as string,
      hint: 'Restore it.',
      cause: refused,
    });
    expect(controlFailed(profile, undefined, refused)).toBe(refused);
  });
});
