import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

import { createBastionLink } from '@fairlead/carrier';
import { Secret } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createControlApi } from './control-api.ts';
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
  const profile = { version: 1, bastion, controlCertificate: '', ownerToken: new Secret('t') } as LaptopProfile;
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
