// Records in a job's own directory which of a site's Slurm clusters took it: only that cluster knows the job, also when
// the configuration has changed or another machine asks.

import { join } from 'node:path/posix';

import type { Scheduler } from '@fairlead/scheduler';

import type { Host } from '../host/host.ts';
import { type ClusterPaths, jobDirOf } from '../cluster-paths.ts';

const file = 'slurm-cluster';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export interface JobClusters {
  /** Undefined where none is noted: the configured one. Asks the host once for each job. */
  of(instance: string): Promise<string | undefined>;
  /** Never rejects: a job that exists is not given up for a note. Undefined, or why the note could not be kept. */
  remember(instance: string, cluster: string): Promise<unknown>;
}

export function createJobClusters(host: Pick<Host, 'runner' | 'upload'>, paths: ClusterPaths): JobClusters {
  const known = new Map<string, Promise<string | undefined>>();
  const fileOf = (instance: string) => join(jobDirOf(paths, instance), file);
  const read = async (instance: string) => {
    const { code, stdout } = await host.runner.run(['cat', '--', fileOf(instance)]);
    const name = stdout.trim();
    return code === 0 && namePattern.test(name) ? name : undefined;
  };
  return {
    of(instance) {
      const asked = known.get(instance) ?? read(instance);
      known.set(instance, asked);
      // After a failure the host is asked again.
      asked.catch(() => known.delete(instance));
      return asked;
    },
    async remember(instance, cluster) {
      if (!namePattern.test(cluster)) return new Error(`${JSON.stringify(cluster)} is no name of a cluster`);
      known.set(instance, Promise.resolve(cluster));
      try {
        await host.upload(Buffer.from(`${cluster}\n`), fileOf(instance), { mode: 0o600 });
        return undefined;
      } catch (error) {
        return error;
      }
    },
  };
}

export interface SiteSchedulers {
  scheduler: Scheduler;
  /** As `scheduler`, in the Slurm cluster that took this instance's job. Absent on a local cluster: see schedulerOf. */
  schedulerOf?: (instance: string) => Promise<Scheduler>;
}

/** The scheduler that knows this instance's job. */
export async function schedulerOf(site: SiteSchedulers, instance: string): Promise<Scheduler> {
  return (await site.schedulerOf?.(instance)) ?? site.scheduler;
}
