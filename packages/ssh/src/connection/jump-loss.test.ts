import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { hasSshd, openTestSsh } from '../testing.ts';
import { openSsh } from './open-ssh.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope[Symbol.asyncDispose]());

const withSshd = await hasSshd();

// The built-in server carries no TCP.
it.skipIf(!withSshd)(
  'a connection through a jump host is lost at once when the host behind it is gone',
  async () => {
    const login = scope.use(await openTestSsh('sshd'));
    const host = scope.use(await openTestSsh('builtin'));
    // The keepalives alone would notice the loss only after minutes.
    const quiet = { keepaliveMs: 60_000 };
    const connection = scope.use(await openSsh({ ...host.target, jump: login.target }, quiet));
    await host.dropSessions();
    expect(await connection.closed).toMatchObject({ code: 'connection_lost' });
  },
  15_000,
);
