import type { ClusterConfig, FairleadConfig } from '@fairlead/config';
import { findGpu, placeOfGpu } from '@fairlead/planner';
import { describe, expect, it } from 'vitest';

import { clusterPaths } from '../cluster-paths.ts';
import { jobScript } from '../job/job-files.ts';
import { placementOf } from './placement.ts';
import { planDeployment } from './plan-deployment.ts';

const found = findGpu('a100:40');
if (!('gpu' in found)) throw new Error('there is no such GPU');
const place = { ...placeOfGpu(found.gpu, { gpusPerNode: 4, nodes: 8 }), partition: 'whole', exclusive: true };
const asked = { preset: {}, cluster: {}, site: { places: [place] }, nodes: 2, gpus: 4, partition: 'whole' };

describe('placementOf', () => {
  it('takes what the preset says, else the cluster, else the partition of the site', () => {
    expect(placementOf(asked)).toEqual({ exclusive: true });
    expect(placementOf({ ...asked, cluster: { slurm: { exclusive: 'user' } } })).toEqual({ exclusive: 'user' });
    expect(placementOf({ ...asked, cluster: { slurm: { exclusive: false } } })).toEqual({});
    const both = { ...asked, preset: { exclusive: true }, cluster: { slurm: { exclusive: false } } };
    expect(placementOf(both)).toEqual({ exclusive: true });
    expect(placementOf({ ...asked, partition: 'other' })).toEqual({});
  });

  it('names the GPUs that a job holds and does not use', () => {
    expect(placementOf({ ...asked, gpus: 3 }).idleWords).toContain('uses 3 of the 4 GPUs of each');
    expect(placementOf({ ...asked, gpus: 3, cluster: { slurm: { exclusive: 'user' } } }).idleWords).toBeUndefined();
  });

  it('asks for near nodes where there are several', () => {
    const cluster = { slurm: { switches: { count: 1, maxWait: '02:00:00' } } };
    expect(placementOf({ ...asked, cluster, site: undefined })).toEqual({
      switches: { count: 1, maxWaitMinutes: 120 },
    });
    expect(placementOf({ ...asked, cluster, site: undefined, nodes: 1 })).toEqual({});
    const preset = { switches: { count: 2 } };
    expect(placementOf({ ...asked, cluster, preset, site: undefined })).toEqual({ switches: { count: 2 } });
  });
});

describe('A job script asks Slurm for nodes of its own, and for near ones', () => {
  const scriptOf = (config: FairleadConfig, slurm: NonNullable<ClusterConfig['slurm']>, what = 'demo') => {
    const plan = planDeployment({ what, nodes: 2 }, config, { slurm });
    const job = { instance: 'i0000000', paths: clusterPaths({}, { home: '/h' }), nodePath: '/n', agentPath: '/a.mjs' };
    return jobScript(plan, { name: 'mine', config: { slurm } }, job);
  };

  it('as the cluster says', () => {
    const slurm = { exclusive: true, switches: { count: 1, maxWait: '30' } } as const;
    expect(scriptOf({}, slurm)).toContain('\n#SBATCH --exclusive\n#SBATCH --switches=1@00:30:00\n');
  });

  it('as a preset says, instead of the cluster', () => {
    const presets = { wide: { model: 'org/model', exclusive: 'user' as const, switches: { count: 2 } } };
    const script = scriptOf({ presets }, { exclusive: true, switches: { count: 1 } }, 'wide');
    expect(script).toContain('\n#SBATCH --exclusive=user\n#SBATCH --switches=2\n');
  });
});
