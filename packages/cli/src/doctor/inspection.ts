// What checks look at: opened when the first of them asks, once, and closed at the end.

import { openSession, profilePath, readProfile, type Session } from '@fairlead/client';
import { isCodedError, type Scope } from '@fairlead/kit';
import {
  asList,
  type BastionConfig,
  type ConfigErrorCode,
  type FairleadConfig,
  loadConfig,
  type LoadedConfig,
  loadForCluster,
  type NamedCluster,
  defaults,
} from '@fairlead/config';
import type { LaptopProfile, SshRoute } from '@fairlead/protocol';
import { createSlurmInventory, type SlurmInventory, type SlurmPartition } from '@fairlead/scheduler';
import type { SshConnection, SshTarget } from '@fairlead/ssh';

import { launchRun } from '../launch/launch-run.ts';
import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import {
  type AskedFacts,
  clusterPaths,
  type ClusterPaths,
  expandCluster,
  expandHome,
  type Host,
  openLocalHost,
  openSshHost,
  profileFacts,
  type SiteFacts,
  slurmFacts,
  slurmSite,
} from '@fairlead/launch';
import { resolveRoute } from '@fairlead/launch/login';
import { sessionOptions } from '../session-options.ts';
import type { ProbeReport } from './probe/probe-report.ts';
import { type Attempt, tryLogin, tryRoutes } from './reach/try-login.ts';
import { learnFacts } from './slurm/learn-facts.ts';

export interface DoctorArgs {
  on?: string | undefined;
  set: string[];
  /** A preset's name, a Hugging Face id or a path: what would be deployed. */
  model?: string | undefined;
  /** `ask`: a person at a terminal decides. */
  job: 'yes' | 'no' | 'ask';
  /** How long the test job may wait in the queue. */
  waitSeconds: number;
}

export interface Inspection {
  readonly args: DoctorArgs;
  readonly context: Context;
  /** Closed when the doctor has ended. */
  readonly scope: Scope;
  loaded(): Promise<LoadedConfig>;
  config(): Promise<FairleadConfig>;
  cluster(): Promise<NamedCluster>;
  /** Undefined where this machine has none yet. */
  profile(): Promise<LaptopProfile | undefined>;
  session(): Promise<Session>;
  bastion: Reached & { config(): Promise<BastionConfig>; stateDir(): Promise<string> };
  /** `cluster` as the host understands it: its paths are absolute. */
  login: Reached & { cluster(): Promise<NamedCluster>; paths(): Promise<ClusterPaths> };
  inventory(): Promise<SlurmInventory>;
  partitions(): Promise<SlurmPartition[]>;
  /** GPUs and prices by which `deploy` plans: those of the site profile, else those that Slurm shows. Undefined for a local cluster without a profile. */
  site(): Promise<SiteFacts | undefined>;
  /** What `deploy` would know of the site, and of the model that was named where it is no preset: from the hub, else from the cluster. */
  knownFacts(): Promise<AskedFacts>;
  /** What the test job said; empty until it has run. */
  probe: ProbeReport;
}

export interface Reached {
  target(): Promise<SshTarget>;
  attempt(): Promise<Attempt>;
  host(): Promise<Host>;
}

export function createInspection(args: DoctorArgs, context: Context, scope: Scope): Inspection {
  const loaded = once(() => loadConfig(configPlaceOf(context)));
  const cluster = once(async () => (await loadForCluster(configPlaceOf(context), args)).cluster);
  const config = once(async () => (await withSettings(args, context)) ?? (await loaded()).config);
  const bastionConfig = once(async () => required((await config()).bastion));
  const profile = once(() => profileIfThere(context));
  const bastion = reachedByRoutes(async () => routesOf(await bastionConfig(), await profile()), { context, scope });
  const login = clusterHost(cluster, { context, scope });
  const there = once(async () => expandCluster(await cluster(), await login.host(), context.signal));
  const paths = async () => clusterPaths((await there()).config, (await login.host()).facts);
  const inventory = once(async () =>
    createSlurmInventory((await login.host()).runner, slurmSite((await there()).config, await paths())),
  );
  const partitions = once(async () => (await inventory()).partitions(context.signal));
  const site = once(async () => siteFactsOf(await cluster(), context.home, partitions));
  return {
    args,
    context,
    scope,
    loaded,
    config,
    cluster,
    profile,
    session: once(async () => scope.use(await openSession(sessionOptions(context)))),
    bastion: {
      ...bastion,
      config: bastionConfig,
      stateDir: async () =>
        expandHome((await bastionConfig()).stateDir ?? defaults.stateDir, (await bastion.host()).facts.home),
    },
    login: { ...login, cluster: there, paths },
    inventory,
    partitions,
    site,
    knownFacts: once(async () => {
      const { model: what } = args;
      const early = { site: await site() };
      if (what === undefined) return early;
      const place = { cluster: await there(), host: await login.host(), paths: await paths() };
      return learnFacts({ what, config: await config(), place, early, run: launchRun(context) });
    }),
    probe: { lines: [] },
  };
}

async function siteFactsOf(
  { name, config }: NamedCluster,
  home: string,
  partitions: Inspection['partitions'],
): Promise<SiteFacts | undefined> {
  if (config.site !== undefined || config.kind === 'local') return profileFacts(config, home);
  return slurmFacts(name, await partitions());
}

/** Undefined where it cannot be read: the check `laptop.config` says so. */
export async function configIfReadable(inspection: Inspection): Promise<FairleadConfig | undefined> {
  try {
    return await inspection.config();
  } catch (error) {
    if (isCodedError<ConfigErrorCode>(error, 'config_invalid', 'config_unreadable', 'usage')) return undefined;
    throw error;
  }
}

/** With --set and --on as a deployment would have it; undefined where no cluster can be chosen. */
async function withSettings(args: DoctorArgs, context: Context): Promise<FairleadConfig | undefined> {
  try {
    return (await loadForCluster(configPlaceOf(context), args)).config;
  } catch (error) {
    if (isCodedError(error, 'cluster_unknown')) return undefined;
    throw error;
  }
}

function clusterHost(cluster: () => Promise<NamedCluster>, deps: Opening): Reached {
  const { context } = deps;
  const remote = reached(async () => resolveRoute(required((await cluster()).config.login), launchRun(context)), deps);
  return {
    ...remote,
    host: once(async () =>
      (await cluster()).config.kind === 'local' ? openLocalHost(context.home, context.nodePath) : remote.host(),
    ),
  };
}

interface Opening {
  context: Context;
  scope: Scope;
}

function reached(resolve: () => Promise<SshTarget>, opening: Opening): Reached {
  const target = once(resolve);
  return reachedBy(
    target,
    once(() => tryLogin(target, opening)),
  );
}

interface Routes {
  list: readonly SshRoute[];
  pinned: readonly string[] | undefined;
}

/** Of several only one that shows the pinned key; whether a single one does is a check's own finding. */
function routesOf({ fromLaptop }: BastionConfig, profile: LaptopProfile | undefined): Routes {
  const list = asList(fromLaptop);
  return { list, pinned: list.length > 1 ? profile?.bastion.hostKeys : undefined };
}

/** Its target is that of the route that was taken, else of the first one. */
function reachedByRoutes(routes: () => Promise<Routes>, opening: Opening): Reached {
  const attempt = once(() => tryRoutes(routes, opening));
  const target = once(async () => {
    const { list } = await routes();
    const tried = list.length > 1 ? await attempt() : undefined;
    return tried?.ok ? tried.target : resolveRoute(list[0]!, launchRun(opening.context));
  });
  return reachedBy(target, attempt);
}

function reachedBy(target: Reached['target'], attempt: Reached['attempt']): Reached {
  return {
    target,
    attempt,
    host: once(async () => {
      const tried = await attempt();
      if (!tried.ok) throw tried.error;
      return openSshHost(tried.connection, tried.target.host);
    }),
  };
}

/** The login that the checks of the bastion share. */
export async function connectionOf(inspection: Inspection): Promise<SshConnection> {
  const attempt = await inspection.bastion.attempt();
  if (!attempt.ok) throw attempt.error;
  return attempt.connection;
}

async function profileIfThere(context: Context): Promise<LaptopProfile | undefined> {
  try {
    return await readProfile(profilePath(context.env, context.home));
  } catch (error) {
    if (isCodedError(error, 'profile_missing')) return undefined;
    throw error;
  }
}

/** The checks before said that it is there. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a check looked at what is not configured');
  return value;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
