// A cluster at hand: the host where commands run and files go, and its scheduler.

import { join } from 'node:path/posix';

import { CodedError, Scope } from '@fairlead/kit';
import { createLocalScheduler, createSlurmScheduler, type Scheduler } from '@fairlead/slurm';

import type { CliErrorCode } from '../cli-error.ts';
import type { NamedCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import type { Host } from '../host/host.ts';
import { openKeptHost } from '../host/kept-host.ts';
import { openLocalHost } from '../host/local-host.ts';
import { openSshHost } from '../host/ssh-host.ts';
import { type ClusterPaths, clusterPaths } from '../paths.ts';
import { openRoute } from '../ssh/open-route.ts';
import { expandCluster } from './expand-cluster.ts';

export interface Site extends AsyncDisposable {
  /** Its paths are absolute ones of the cluster. */
  cluster: NamedCluster;
  host: Host;
  scheduler: Scheduler;
  paths: ClusterPaths;
}

export async function openSite(configured: NamedCluster, context: Context): Promise<Site> {
  const scope = new Scope();
  try {
    const host = scope.use(await openHost(configured, context));
    const cluster = await expandCluster(configured, host, context.signal);
    const paths = clusterPaths(cluster.config, host.facts);
    const scheduler =
      cluster.config.kind === 'local'
        ? createLocalScheduler({
            stateDir: join(paths.state, 'local-scheduler'),
            node: context.nodePath,
            clock: context.clock,
          })
        : createSlurmScheduler({
            runner: host.runner,
            clock: context.clock,
            log: context.log,
            ...(cluster.config.slurm?.binDir === undefined ? {} : { binDir: cluster.config.slurm.binDir }),
          });
    return { cluster, host, scheduler, paths, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function openHost({ name, config }: NamedCluster, context: Context): Promise<Host> {
  if (config.kind === 'local') return openLocalHost(context.home, context.nodePath);
  if (!config.login) {
    throw new CodedError<CliErrorCode>(
      'config_invalid',
      `cannot reach cluster ${name} because clusters.${name}.login is missing`,
      {
        hint: 'Name its login host, or say `kind: local` for a machine without Slurm.',
      },
    );
  }
  const { login } = config;
  return openKeptHost(async () => {
    const { connection } = await openRoute(login, context);
    return { host: await openSshHost(connection, login.host), lost: connection.closed };
  });
}
