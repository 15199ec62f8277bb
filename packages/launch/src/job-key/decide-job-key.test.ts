import type { DeploymentView, InstanceState } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { expiredJobKeys, livingUsers, pickJobKey } from './decide-job-key.ts';

const dayMs = 86_400_000;
const key = (marker: string, days: number) => ({ marker, publicKey: 'ssh-ed25519 AAAA', expiresMs: days * dayMs });

describe('pickJobKey', () => {
  it('takes the key that lasts longest', () => {
    expect(pickJobKey([key('job-a', 40), key('job-b', 80)], 0)?.marker).toBe('job-b');
  });
  it('takes none that a job of a month could outlive', () => {
    expect(pickJobKey([key('job-a', 31)], 0)).toBeUndefined();
    expect(pickJobKey([], 0)).toBeUndefined();
  });
});

it('expiredJobKeys are those that open nothing any more', () => {
  expect(expiredJobKeys([key('job-a', 1), key('job-b', 3)], 2 * dayMs).map(({ marker }) => marker)).toEqual(['job-a']);
});

describe('livingUsers', () => {
  const deployment = (id: string, state: InstanceState) => ({ instances: [{ id, state }] }) as DeploymentView;
  const cause = (code: 'requested' | 'agent_lost') => ({ code, message: '' });

  it('keeps who runs, who may come back, and test jobs', () => {
    const deployments = [
      deployment('a', { status: 'ready' }),
      deployment('b', { status: 'stopped', cause: cause('requested') }),
      deployment('c', { status: 'failed', cause: cause('agent_lost') }),
      deployment('d', { status: 'submitted' }),
    ];
    expect(livingUsers(['a', 'b', 'c', 'd', 'forgotten', 'doctor-1'], deployments)).toEqual([
      'a',
      'c',
      'd',
      'doctor-1',
    ]);
  });
});
