import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import { CodedError, systemClock, untilAborted } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { openTestSsh } from '@fairlead/ssh/testing';
import { describe, expect, it } from 'vitest';

import { createBastionLink } from './bastion-link.ts';
import { controlFailed, proveBastion } from './prove-bastion.ts';

describe('A bastion that refuses the login', () => {
  it('is asked again only after a pause', async () => {
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

describe('A login that is begun for a caller with other work', () => {
  it('says when the bastion is dialled, before it answers, and does not keep the caller waiting when it fails', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const accepted = once(silent, 'connection') as Promise<[Socket]>;
    const bastion = { routes: [{ host: '127.0.0.1', port }], user: 'u', hostKeys: ['ssh-ed25519 AAAA'], runDir: '/r' };
    const profile = { bastion } as unknown as LaptopProfile;
    await using link = createBastionLink({ profile, env: {}, home: '/nowhere' });
    const { dialled, signed } = link.beginLogin();
    await dialled;
    const [socket] = await accepted;
    socket.destroy();
    silent.close();
    await signed;
    await expect(link.connection()).rejects.toMatchObject({ retryable: true });
  });

  it('says when the bastion checks the signature, before it has let the caller in', async () => {
    await using server = await openTestSsh('builtin');
    const { port, user, hostKeyLine } = server;
    const route = { host: '127.0.0.1', port, user, identityFile: server.userKeyFile };
    const bastion = { routes: [route], hostKeys: [hostKeyLine], host: 'b', stateDir: '/none', runDir: '/r' };
    const profile = { bastion } as unknown as LaptopProfile;
    await using link = createBastionLink({ profile, env: {}, home: server.dir });
    let isIn = false;
    const failed = link.connection().finally(() => (isIn = true));
    await link.beginLogin().signed;
    expect(isIn).toBe(false);
    // There is no gate.
    await expect(failed).rejects.toThrow('cannot use the gate');
  });
});

describe('A gate of another host', () => {
  it('is closed again', async () => {
    let isOpen = true;
    const identityLine = JSON.stringify({ fairlead: 2, host: 'other', bootId: 'b', run: '/r', control: 'running' });
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
  it('is reported in the words of control, with what to do', () => {
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
