// What one job is made of: its script and its spec. Pure; what reaches them from outside arrives as values.

import { join } from 'node:path/posix';

import type {
  BastionRoute,
  ClusterConfig,
  ClusterRoute,
  DeploymentCreated,
  InstanceSpecInput,
  LaptopProfile,
} from '@fairlead/protocol';
import { PROTOCOL_VERSION } from '@fairlead/protocol';
import { escapeFilenamePattern, renderJobScript, type SbatchDirectives } from '@fairlead/slurm';

import type { NamedCluster } from '../config/load-config.ts';
import type { ClusterPaths } from '../paths.ts';
import { jobDirOf } from '../paths.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import { slurmCluster } from '../site/slurm-site.ts';

/** Slurm warns this long before a job's end (it may do so up to 60 s earlier), and the agent drains from then on. */
const WARNING_SECONDS = 120;

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
    command: ['--disable-sigusr1', place.agentPath, '--spec', join(jobDir, 'spec.json')],
    runtime: { nodePath: place.nodePath },
    directives: directivesOf(plan, config),
    omit: slurm.omit ?? [],
    override: slurm.override ?? {},
    raw: slurm.extra ?? [],
    prologue: config.prologue ?? [],
    env: config.env ?? {},
  });
}

function directivesOf(plan: DeploymentPlan, { slurm = {}, gpu = {} }: ClusterConfig): SbatchDirectives {
  const { partition, account, qos, constraint, reservation } = slurm;
  return {
    nodes: plan.nodes,
    gpus: { perNode: plan.gpus, request: gpu.request ?? 'gres', ...(gpu.type === undefined ? {} : { type: gpu.type }) },
    ...definedOnly({ partition, account, qos, constraint, reservation, mem: plan.mem, cpusPerTask: plan.cpusPerTask }),
    timeMinutes: plan.timeMinutes,
    warnSeconds: warningSeconds(plan),
    requeue: false,
  };
}

function definedOnly<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A job shorter than two warnings is warned at its half. */
export function warningSeconds(plan: Pick<DeploymentPlan, 'timeMinutes'>): number {
  return Math.max(1, Math.min(WARNING_SECONDS, Math.floor(plan.timeMinutes * 30)));
}

export interface SpecInput {
  plan: DeploymentPlan;
  cluster: NamedCluster;
  created: DeploymentCreated;
  apiKey: string;
  profile: LaptopProfile;
  bastion: InstanceSpecInput['bastion'];
  paths: ClusterPaths;
  /** On the cluster. */
  jobKeyDir: string;
}

export function instanceSpecOf(input: SpecInput): InstanceSpecInput {
  const { plan, cluster, created, profile, paths } = input;
  const instance = created.deployment.instance.id;
  const engine = cluster.config.engines?.[plan.engine];
  return {
    version: PROTOCOL_VERSION,
    instanceId: instance,
    deployment: plan.name,
    cluster: cluster.name,
    model: plan.model,
    servedModel: plan.servedModel,
    engine: {
      kind: plan.engine,
      command: plan.engineCommand,
      optionalArguments: plan.optionalArguments,
      env: plan.engineEnv,
      ...definedOnly({ readyLimitSeconds: engine?.readyLimitSeconds, stopLimitSeconds: engine?.stopLimitSeconds }),
      ...(paths.tokenFile ? { tokenFile: paths.tokenFile } : {}),
    },
    ...(cluster.config.health ? { health: definedOnly(cluster.config.health) } : {}),
    apiKey: input.apiKey,
    enrolmentToken: created.enrolmentToken,
    bastion: input.bastion,
    bastionIdentity: { host: profile.bastion.host },
    jobKeyDir: input.jobKeyDir,
    controlCertificate: profile.controlCertificate,
    jobDir: jobDirOf(paths, instance),
    ...(paths.scratch ? { scratchDir: paths.scratch } : {}),
    slurm: definedOnly({
      cluster: slurmCluster(cluster.config.slurm ?? {}),
      pollSeconds: cluster.config.slurm?.pollSeconds,
    }),
    drainSeconds: warningSeconds(plan),
  };
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
