import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { deriveCompanionSecret } from './companion-secret.ts';
import { memoryOf } from './open-companion-places.ts';

const spec = { instanceId: 'i1', enrolmentToken: new Secret('token') };

it('deriveCompanionSecret gives every agent of one start of a job the same, and those of another start others', () => {
  const ours = deriveCompanionSecret(spec, { jobId: '7', restart: 0 }, 64);
  const same = deriveCompanionSecret({ ...spec }, { jobId: '7', restart: 0 }, 64);
  const next = deriveCompanionSecret(spec, { jobId: '7', restart: 1 }, 64);
  expect(same.token.reveal()).toBe(ours.token.reveal());
  expect(ours.token.reveal()).toMatch(/^[0-9a-f]{64}$/);
  expect(same.firstPorts).toEqual(ours.firstPorts);
  expect(next.token.reveal()).not.toBe(ours.token.reveal());
  expect(next.directoryName).not.toBe(ours.directoryName);
  for (const port of ours.firstPorts) expect(port >= 20_000 && port + 63 < 32_768).toBe(true);
});

it.each([
  [{ SLURM_MEM_PER_NODE: '6144' }, String(6 * 1024 ** 3)],
  [{ SLURM_MEM_PER_CPU: '1024', SLURM_CPUS_ON_NODE: '4' }, String(4 * 1024 ** 3)],
  [{ SLURM_MEM_PER_NODE: '0' }, undefined],
  [{}, undefined],
])('memoryOf %j is %s', (env, bytes) => expect(memoryOf(env)).toBe(bytes));
