// The link dials control and checks its certificate while the gate still answers; the token is sent after both.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';

import { createBastionLink } from '@fairlead/carrier';
import { Scope, Secret } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { openTestSsh, type TestSsh } from '@fairlead/ssh/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createControlApi } from './control-api.ts';

/** Says that it was started, waits until it is told what to say, then echoes. */
const gate = `#!/bin/sh
cd "\${0%/*}" && echo asked >asked && read -r line <answer && echo "$line" && exec cat
`;
const muxHello = { protocol: { min: 1, max: 1 }, controlVersion: '1', hostname: 'b1', bootId: 'b', leaseMs: 1 };

let scope: Scope;
let server: TestSsh;
let control: Server;
let tokens: Array<string | undefined>;

beforeEach(async () => {
  scope = new Scope();
  server = scope.use(await openTestSsh('builtin'));
  mkdirSync(at('state'));
  mkdirSync(at('run'));
  writeFileSync(at('state/gate'), gate);
  chmodSync(at('state/gate'), 0o700);
  execFileSync('mkfifo', [at('state/asked'), at('state/answer')]);
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...request, '-subj', '/CN=control', '-keyout', at('key'), '-out', at('crt')], {
    stdio: 'ignore',
  });
  tokens = [];
  control = createServer({ key: readFileSync(at('key')), cert: readFileSync(at('crt')) }, (asked, answer) => {
    tokens.push(asked.headers.authorization);
    answer.end(JSON.stringify(muxHello));
  });
});
afterEach(async () => {
  await scope[Symbol.asyncDispose]();
  control.closeAllConnections();
  control.close();
});

const at = (name: string) => join(server.dir, name);
const listen = () => once(control.listen(at('run/control.sock')), 'listening');
const gateSays = (host: string) =>
  writeFile(
    at('state/answer'),
    `${JSON.stringify({ fairlead: 2, host, bootId: 'b', run: at('run'), control: 'running' })}\n`,
  );
/** A fifo: read when the gate has been started. */
const gateAsked = () => readFile(at('state/asked'));

function openApi() {
  const { port, user, hostKeyLine, userKeyFile } = server;
  const route = { host: '127.0.0.1', port, user, identityFile: userKeyFile };
  const bastion = {
    routes: [route],
    user,
    host: 'b1',
    hostKeys: [hostKeyLine],
    stateDir: at('state'),
    runDir: at('run'),
  };
  const profile: LaptopProfile = {
    version: 1,
    bastion,
    controlCertificate: readFileSync(at('crt'), 'utf8'),
    ownerToken: new Secret('t'),
  };
  const link = scope.use(createBastionLink({ profile, env: {}, home: '/nowhere' }));
  return createControlApi({ openSocket: () => link.openControl(), ownerToken: profile.ownerToken });
}

describe('The first request to control', () => {
  it('finds a connection that was secured while the gate had not answered', async () => {
    await listen();
    const called = openApi().hello();
    await once(control, 'secureConnection');
    expect(tokens).toEqual([]);
    await gateAsked();
    await gateSays('b1');
    expect(await called).toMatchObject({ controlVersion: '1' });
    expect(tokens).toEqual(['Bearer t']);
  });

  it('is not sent where the host is another one, however genuine control is', async () => {
    await listen();
    const called = openApi().hello();
    called.catch(() => undefined);
    await once(control, 'secureConnection');
    await gateAsked();
    await gateSays('other');
    await expect(called).rejects.toMatchObject({ code: 'bastion_moved' });
    expect(tokens).toEqual([]);
  });

  it('waits for a control that the gate starts', async () => {
    const called = openApi().hello();
    await gateAsked();
    await listen();
    await gateSays('b1');
    expect(await called).toMatchObject({ controlVersion: '1' });
  });
});
