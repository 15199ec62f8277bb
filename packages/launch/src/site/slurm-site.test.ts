import { describe, expect, it } from 'vitest';

import { pollMs, slurmCluster, slurmSite } from './slurm-site.ts';

describe("A site's Slurm", () => {
  it.each([
    [{}, undefined],
    [{ cluster: 'a' }, 'a'],
    [{ extra: ['#SBATCH --clusters=b'] }, 'b'],
    [{ extra: ['#SBATCH -M b', 'echo --clusters=c'] }, 'b'],
    [{ override: { clusters: 'c' } }, 'c'],
    [{ cluster: 'a', extra: ['#SBATCH --clusters=b'] }, 'a'],
  ])('of %j is asked in cluster %s', (slurm, cluster) => expect(slurmCluster(slurm)).toBe(cluster));

  it('shares one answer of the queue for each of its clusters, where it may be asked only so often', () => {
    const paths = { state: '/home/alice/fl' };
    expect(slurmSite({ slurm: { pollSeconds: 120 } }, paths)).toEqual({
      sharedQueue: { file: '/home/alice/fl/queue/default', maxAgeSeconds: 120 },
    });
    const { sharedQueue } = slurmSite({ slurm: { pollSeconds: 120, cluster: 'a' } }, paths);
    expect(sharedQueue?.file).toBe('/home/alice/fl/queue/a');
    expect(slurmSite({ slurm: { binDir: '/opt/slurm/bin' } }, paths)).toEqual({ binDir: '/opt/slurm/bin' });
  });

  it('is looked at every 15 s, or as seldom as it asks for', () => {
    expect(pollMs(undefined)).toBe(15_000);
    expect(pollMs({ pollSeconds: 120 })).toBe(120_000);
  });
});
