// A bastion on this machine, for the contract: an SSH server, a gate, a job's key and a laptop's.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Scope, Secret, silentLog, systemClock } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';
import { createEd25519KeyPair, createRouteMemory, renderKeyLine } from '@fairlead/ssh';
import { openTestSsh, type TestSsh } from '@fairlead/ssh/testing';

import type { CarrierUnderTest } from '../../carrier.contract.ts';
import { createBastionLink } from '../bastion-link.ts';
import { createBastionOfferer } from '../offer-at-bastion.ts';

export const carrierUnderTest: CarrierUnderTest = {
  kind: 'bastion-socket',
  async openWorld() {
    const scope = new Scope();
    const dir = mkdtempSync(join(tmpdir(), 'fl-c-'));
    scope.defer(() => rmSync(dir, { recursive: true, force: true }));
    const runDir = join(dir, 'run');
    mkdirSync(runDir);
    const gatePath = join(dir, 'gate');
    const line = JSON.stringify({ fairlead: 2, host: 'b1', bootId: 'b', run: runDir, control: 'running' });
    writeFileSync(gatePath, `#!/bin/sh\necho '${line}'\nexec cat\n`);
    chmodSync(gatePath, 0o700);
    const jobKey = createEd25519KeyPair('a job');
    const jobKeyFile = join(dir, 'job_key');
    writeFileSync(jobKeyFile, jobKey.privateKey, { mode: 0o600 });
    const expiresAt = new Date(Date.now() + 86_400_000);
    const keyLine = renderKeyLine({ publicKey: jobKey.publicKey, gatePath, expiresAt, marker: 'test' });
    const server = scope.use(await openTestSsh('builtin', { dir, authorizedKeys: [keyLine] }));
    const { target } = server;
    const offerer = createBastionOfferer({
      routes: [{ name: 'bastion', target: async () => ({ ...target, auth: { identityFiles: [jobKeyFile] } }) }],
      routeMemory: createRouteMemory(),
      expectedHost: 'b1',
      clock: systemClock,
      log: silentLog,
      random: () => 0,
    });
    const profile = profileOf(server, { stateDir: dir, runDir });
    const reacher = scope.use(createBastionLink({ profile, env: {}, home: '/nowhere' }));
    return {
      offerer,
      reacher,
      cut: () => server.dropSessions(),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  },
};

function profileOf({ port, user, hostKeyLine, userKeyFile }: TestSsh, at: { stateDir: string; runDir: string }) {
  const route = { host: '127.0.0.1', port, user, identityFile: userKeyFile };
  const bastion = { routes: [route], user, host: 'b1', hostKeys: [hostKeyLine], ...at };
  const profile: LaptopProfile = { version: 1, bastion, controlCertificate: '', ownerToken: new Secret('t') };
  return profile;
}
