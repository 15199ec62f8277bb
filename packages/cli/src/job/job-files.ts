// What one job is made of: its script and its spec. Pure; what reaches them from outside arrives as values.

import { join } from 'node:path/posix';

import type { BastionRoute, ClusterConfig, DeploymentCreated, InstanceSpecInput, LaptopProfile } from '@fairlead/protocol';
import { PROTOCOL_VERSION } from '@fairlead/protocol';
import { parseSlurmDuration, renderJobScript } from '@fairlead/slurm';

import type { NamedCluster } from '../config/load-config.ts';
import type { ClusterPaths } from '../paths.ts';
import { jobDirOf } from '../paths.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';

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
    stdoutPath: join(jobDir, 'job.log'),
    command: [place.nodePath, '--disable-sigusr1', place.agentPath, '--spec', join(jobDir, 'spec.json')],
    directives: directivesOf(plan, config),
    omit: slurm.omit ?? [],
    override: slurm.override ?? {},
    raw: slurm.extra ?? [],
    prologue: config.prologue ?? [],
    env: config.env ?? {},
  });
}

function directivesOf(plan: DeploymentPlan, config: ClusterConfig) {
  const { slurm = {}, gpu = {} } = config;
  const gpus = plan.gpus > 0 && gpu.request !== 'none' ? { gpus: plan.gpus, gpuRequest: gpu.request ?? 'gres', ...(gpu.type ? { gpuType: gpu.type } : {}) } : {};
  return {
    nodes: plan.nodes,
    ...gpus,
    ...(plan.time ? { timeLimit: plan.time } : {}),
    ...(plan.mem ? { mem: plan.mem } : {}),
    ...(plan.cpusPerTask ? { cpusPerTask: plan.cpusPerTask } : {}),
    ...(slurm.partition ? { partition: slurm.partition } : {}),
    ...(slurm.account ? { account: slurm.account } : {}),
    ...(slurm.qos ? { qos: slurm.qos } : {}),
    ...(slurm.constraint ? { constraint: slurm.constraint } : {}),
    ...(slurm.reservation ? { reservation: slurm.reservation } : {}),
    signal: { signal: 'USR2', secondsBefore: warningSeconds(plan) },
    requeue: false,
  };
}

/** A job shorter than two warnings is warned at its half. */
export function warningSeconds(plan: Pick<DeploymentPlan, 'time'>): number {
  const limit = plan.time === undefined ? undefined : parseSlurmDuration(plan.time);
  return typeof limit === 'number' ? Math.max(1, Math.min(WARNING_SECONDS, Math.floor(limit / 2))) : WARNING_SECONDS;
}

export interface SpecInput {
  plan: DeploymentPlan;
  cluster: NamedCluster;
  created: DeploymentCreated;
  apiKey: string;
  profile: LaptopProfile;
  bastion: BastionRoute;
  paths: ClusterPaths;
}

export function instanceSpecOf(input: SpecInput): InstanceSpecInput {
  const { plan, cluster, created, profile, paths } = input;
  const instance = created.deployment.instance.id;
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
      env: plan.engineEnv,
      ...(cluster.config.tokenFile ? { tokenFile: cluster.config.tokenFile } : {}),
    },
    apiKey: input.apiKey,
    enrolmentToken: created.enrolmentToken,
    bastion: input.bastion,
    bastionIdentity: { host: profile.bastion.host },
    jobKeyFile: paths.jobKey,
    controlCertificate: profile.controlCertificate,
    jobDir: jobDirOf(paths, instance),
    ...(paths.scratch ? { scratchDir: paths.scratch } : {}),
    drainSeconds: warningSeconds(plan),
  };
}

/** The bastion as a compute node sees it: what the configuration says, else what this machine uses. */
export function routeFromCluster(profile: LaptopProfile, fromCluster: { host?: string | undefined; port?: number | undefined; user?: string | undefined; hostKeys?: string[] | undefined } | undefined, resolved: { host: string; port: number; user: string }): BastionRoute {
  return {
    host: fromCluster?.host ?? resolved.host,
    port: fromCluster?.port ?? (fromCluster?.host ? 22 : resolved.port),
    user: fromCluster?.user ?? resolved.user,
    hostKeys: fromCluster?.hostKeys ?? profile.bastion.hostKeys,
  };
}
