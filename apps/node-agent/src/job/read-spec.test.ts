import { inspect } from 'node:util';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceSpecInput } from '@fairlead/protocol';
import { Scope } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { readSpec } from './read-spec.ts';

const validSpec: InstanceSpecInput = {
  version: 2,
  instanceId: 'abcdefgh',
  deployment: 'demo',
  cluster: 'here',
  model: 'demo',
  servedModel: 'demo',
  engine: { name: 'sim' },
  apiKey: 'the-endpoint-key-1',
  enrolmentToken: 'the-enrolment-token',
  bastion: { routes: [{ host: 'b', user: 'u', hostKeys: ['ssh-ed25519 A'] }] },
  bastionIdentity: { host: 'b1' },
  jobKeyDir: '/k',
  controlCertificate: 'PEM',
  jobDir: '/j',
};

async function written(scope: Scope, text: string): Promise<string> {
  const dir = await mkdtemp('/tmp/fa-spec-');
  scope.defer(() => rm(dir, { recursive: true }));
  const path = join(dir, 'spec.json');
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

it('readSpec fills in what is absent and lets no secret be printed', async () => {
  await using scope = new Scope();
  const spec = await readSpec(await written(scope, JSON.stringify({ ...validSpec, unknown: 1 })));
  expect(spec).toMatchObject({ drainSeconds: 120, health: { crashLimit: 4 }, bastion: { routes: [{ port: 22 }] } });
  expect(spec.apiKey.reveal()).toBe('the-endpoint-key-1');
  expect(`${JSON.stringify(spec)}${inspect(spec)}`).not.toMatch(/the-e/);
});

it('readSpec refuses a file that others may read', async () => {
  await using scope = new Scope();
  const path = await written(scope, JSON.stringify(validSpec));
  for (const mode of [0o604, 0o640, 0o620]) {
    await chmod(path, mode);
    await expect(readSpec(path)).rejects.toMatchObject({ code: 'spec_exposed' });
  }
});

it('readSpec names another version before it looks at the rest', async () => {
  await using scope = new Scope();
  await expect(readSpec(await written(scope, '{"version":99}'))).rejects.toMatchObject({
    code: 'spec_version',
    message: expect.stringContaining('protocol 99'),
  });
});

it('readSpec names the field that is wrong', async () => {
  await using scope = new Scope();
  const text = JSON.stringify({ ...validSpec, bastion: { routes: [{ ...validSpec.bastion.routes[0], port: 'ssh' }] } });
  await expect(readSpec(await written(scope, text))).rejects.toMatchObject({
    code: 'spec_invalid',
    message: expect.stringContaining('bastion.routes.0.port'),
  });
  await expect(readSpec('/nowhere/spec.json')).rejects.toMatchObject({ code: 'spec_unreadable' });
});
