// What one job is made of: its script and its spec. Pure; what reaches them from outside arrives as values.

import { join } from 'node:path/posix';

import type { Secret } from '@fairlead/kit';
import {
  type BastionRoute,
  type DeploymentCreated,
  engineSpec,
  healthSpec,
  type InstanceSpec,
  type LaptopProfile,
  loggingSpec,
  type LoggingSpec,
  protocolVersion,
  specDefaults,
} from '@fairlead/protocol';
import type { ClusterConfig, ClusterRoute, LoggingSettings, NamedCluster } from '@fairlead/config';
import { defined } from '@fairlead/kit';
import { escapeFilenamePattern, renderJobScript, type SbatchDirectives, warningSeconds } from '@fairlead/scheduler';

import { type ClusterPaths, jobDirOf } from '../cluster-paths.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import { slurmCluster } from '../site/slurm-site.ts';

/** `drainWindow` cuts it for a short job, here and in the agent alike. */
const { drainSeconds } = specDefaults;

export function jobName(deployment: string, instance: string): string {
  return `fl-${deployment}-${instance}`;
}

export interface JobPlace {
  instance: string;
  paths: ClusterPaths;
  nodePath: string;
  agentPath: string;
}

export function jobScript(plan: DeploymentPlan, { config }: NamedCluster, place: JobPlace): string {
  const jobDir = jobDirOf(place.paths, place.instance);
  const slurm = config.slurm ?? {};
  return renderJobScript({
    jobName: jobName(plan.name, place.instance),
    workDir: jobDir,
    stdoutPath: escapeFilenamePattern(join(jobDir, 'job.log')),
    // A log storm leaves garbage of some megabytes a second: a small young generation is swept before the process has grown by it.
    command: ['--disable-sigusr1', '--max-semi-space-size=2', place.agentPath, '--spec', join(jobDir, 'spec.json')],
    runtime: { nodePath: place.nodePath },
    ...(plan.nodes === 1 ? {} : { launcher: launcherOf(plan, slurm.binDir) }),
    directives: directivesOf(plan, config),
    omit: slurm.omit ?? [],
    override: slurm.override ?? {},
    raw: slurm.extra ?? [],
    prologue: config.prologue ?? [],
    env: config.env ?? {},
  });
}

/**
 * An agent on each node. One that fails ends the others; each sees all CPUs of its node; no MPI takes part. Without `--overlap` and
 * amounts of its own the step has everything that the job has.
 */
function launcherOf({ nodes }: DeploymentPlan, binDir: string | undefined): string[] {
  const srun = binDir === undefined ? 'srun' : join(binDir, 'srun');
  const tasks = [`--nodes=${nodes}`, `--ntasks=${nodes}`, '--ntasks-per-node=1'];
  return [srun, '--kill-on-bad-exit=1', ...tasks, '--cpu-bind=none', '--mpi=none'];
}

export function directivesOf(plan: DeploymentPlan, { slurm = {}, gpu = {} }: ClusterConfig): SbatchDirectives {
  const { account, qos, constraint, reservation } = slurm;
  const partition = plan.partition ?? slurm.partition;
  return {
    nodes: plan.nodes,
    gpus: { perNode: plan.gpus, request: gpu.request ?? 'gres', ...defined({ type: plan.gpuType ?? gpu.type }) },
    ...defined({ partition, account, qos, constraint, reservation, mem: plan.mem, cpusPerTask: plan.cpusPerTask }),
    ...defined({ exclude: plan.exclude?.join(','), exclusive: plan.exclusive, switches: plan.switches }),
    timeMinutes: plan.timeMinutes,
    warnSeconds: warningSeconds(plan.timeMinutes * 60_000, drainSeconds * 1000),
    requeue: false,
  };
}

export interface SpecInput {
  plan: DeploymentPlan;
  cluster: NamedCluster;
  created: DeploymentCreated;
  apiKey: Secret;
  profile: LaptopProfile;
  bastion: InstanceSpec['bastion'];
  paths: ClusterPaths;
  /** On the cluster. */
  jobKeyDir: string;
}

export function instanceSpecOf(input: SpecInput): InstanceSpec {
  const { plan, cluster, created, profile, paths } = input;
  const instance = created.instanceId;
  const engine = cluster.config.engines?.[plan.engine];
  return {
    version: protocolVersion,
    instanceId: instance,
    deployment: plan.name,
    cluster: cluster.name,
    model: plan.model,
    servedModel: plan.servedModel,
    engine: engineSpec.parse({
      ...engineSpecOf(plan),
      ...defined({ readyLimitSeconds: engine?.readyLimitSeconds, stopLimitSeconds: engine?.stopLimitSeconds }),
      ...defined({ tokenFile: paths.tokenFile }),
    }),
    health: healthSpec.parse(defined(cluster.config.health ?? {})),
    ...defined({ logging: loggingSpecOf(cluster.config.logging ?? {}) }),
    ...(cluster.config.endToEnd && { endToEnd: { plain: cluster.config.plain ?? true } }),
    apiKey: input.apiKey,
    enrolmentToken: created.enrolmentToken,
    bastion: input.bastion,
    bastionIdentity: { host: profile.bastion.host },
    jobKeyDir: input.jobKeyDir,
    controlCertificate: profile.controlCertificate,
    jobDir: jobDirOf(paths, instance),
    stateDir: paths.state,
    ...defined({ scratchDir: paths.scratch, cacheDir: paths.cache }),
    slurm: defined({
      cluster: slurmCluster(cluster.config.slurm ?? {}),
      pollSeconds: cluster.config.slurm?.pollSeconds,
    }),
    drainSeconds,
  };
}

/** Undefined where nothing is logged. */
function loggingSpecOf({ requests = false, maxMegabytes, contentKilobytes }: LoggingSettings): LoggingSpec | undefined {
  if (requests === false) return undefined;
  const bytes = (count: number | undefined, unit: number) => (count === undefined ? undefined : count * unit);
  return loggingSpec.parse({
    requests: requests === 'with-contents' ? 'contents' : 'facts',
    ...defined({ maxBytes: bytes(maxMegabytes, 2 ** 20), contentBytes: bytes(contentKilobytes, 2 ** 10) }),
  });
}

function engineSpecOf({ engine, engineSettings, gpus, nodes }: DeploymentPlan) {
  return { name: engine, ...engineSettings, gpus, nodes };
}

/** The bastion as a compute node sees it: what the configuration says, else what this machine uses. */
export function routeFromCluster(
  profile: LaptopProfile,
  fromCluster: ClusterRoute | undefined,
  resolved: { host: string; port: number; user: string },
): BastionRoute {
  return {
    host: fromCluster?.host ?? resolved.host,
    port: fromCluster?.port ?? (fromCluster?.host ? 22 : resolved.port),
    user: fromCluster?.user ?? resolved.user,
    hostKeys: fromCluster?.hostKeys ?? profile.bastion.hostKeys,
  };
}
