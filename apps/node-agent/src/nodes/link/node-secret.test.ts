import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { deriveNodeSecret } from './node-secret.ts';

const spec = { instanceId: 'k3x9q2ab', enrolmentToken: new Secret('a token of the test') };
const job = { jobId: '17', restart: 0 };

it('deriveNodeSecret is the same for all agents of one start of a job, and another for any other', () => {
  const { key, ports } = deriveNodeSecret(spec, job);
  expect(deriveNodeSecret(spec, job)).toEqual({ key, ports });
  const others = [
    deriveNodeSecret({ ...spec, enrolmentToken: new Secret('another token') }, job),
    deriveNodeSecret(spec, { ...job, restart: 1 }),
    deriveNodeSecret(spec, { ...job, jobId: '18' }),
  ];
  for (const other of others) expect(other.key.equals(key)).toBe(false);
  expect(ports.length).toBeGreaterThan(1);
  expect(ports.every((port) => port >= 20_000 && port < 32_000)).toBe(true);
  expect(key.toString('latin1')).not.toContain('token');
});
