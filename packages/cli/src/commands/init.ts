// `fairlead init`: finds out what it can, asks what is left, writes a commented configuration, prepares the bastion. Safe to run again.

import { profilePath } from '@fairlead/client';
import { defined, errorText, isCodedError } from '@fairlead/kit';
import {
  changedSettings,
  checkConfig,
  type ClusterConfig,
  type FairleadConfig,
  loadConfig,
  readConfigFile,
  userConfigPath,
  writeConfig,
} from '@fairlead/config';

import { launchRun } from '../launch/launch-run.ts';
import { configPlaceOf } from '../config/config-place.ts';
import type { Address } from '../bastion/bastion-addresses.ts';
import { findInside } from '../bastion/find-more-routes.ts';
import { prepareBastion, type PreparedBastion } from '../bastion/prepare-bastion.ts';
import type { Context } from '../context.ts';
import { describePartition } from '../doctor/slurm/judge-request.ts';
import { openSite } from '@fairlead/launch';
import { findEngineKind } from '@fairlead/engines';
import { answerWithSite } from '../site/answer-with-site.ts';
import { chooseSite } from '../site/choose-site.ts';
import { chooseDriver } from '../ssh/choose-driver.ts';
import { chooseSettings } from './init-choices.ts';
import { discoverHosts, discoverSite, type EngineFound, type SiteFound } from './init-discover.ts';
import { notesFor } from './init-notes.ts';
import { namesForJobs, withMoreRoutes } from './init-routes.ts';
import { answerHosts, answerName, clusterWith, configWith, type InitArgs } from './init-questions.ts';

export async function runInit(given: InitArgs, context: Context): Promise<void> {
  const { output } = context;
  const loaded = await loadWhatIsThere(context);
  const ask = given.yes ? undefined : context.ask;
  const site = given.site === undefined ? undefined : await chooseSite(given.site, { ...context, ask });
  const args = site ? answerWithSite(given, site, loaded.config) : given;
  const sshHosts = await discoverHosts(context);
  const hosts = await answerHosts(args, loaded.config, { ask, hosts: sshHosts });
  const before = hosts.cluster === undefined ? undefined : loaded.config.clusters?.[hosts.cluster];
  const answered = { ...clusterWith(args, before, hosts.login), ...defined({ site: site?.setting }) };
  // A wrong flag is to be told before a host is asked.
  checkConfig(
    configWith(loaded.config, hosts, { name: hosts.cluster ?? 'cluster', config: answered }),
    'these answers',
  );
  const known = answered.login ? { ...answered, login: await chooseDriver(answered.login, context) } : answered;
  const found = await findSite(known, context);
  const name = hosts.cluster ?? (await answerName(found?.clusterName, ask));
  // What a person left out of a cluster that is there already stays out, unless there is a person to ask.
  const isOpen = found !== undefined && (before === undefined || ask !== undefined);
  const chosen = isOpen ? await chooseSettings(known, found, ask) : known;
  const config = await reachable(configWith(loaded.config, hosts, { name, config: chosen }), context);
  const path = context.flags.config ?? userConfigPath(context.env, context.home);
  const isThere = (await readConfigFile(path)) !== undefined;
  async function write(wanted: FairleadConfig): Promise<boolean> {
    const changed = await writeConfig(
      path,
      changedSettings(loaded.config, wanted),
      notesFor(name, { found, site }, sshHosts),
    );
    output.event('config.written', { path, changed }, changed ? `wrote ${path}` : `${path} is as it should be`);
    return changed;
  }
  // Answers are kept where there is no file yet; a file that works is not replaced by one that leads nowhere.
  const writtenFirst = isThere ? undefined : await write(config);
  const { inside, ...prepared } = await prepare(config, context);
  const whole = await withMoreRoutes(config, { ...prepared.known, inside, sshHosts }, { ask, context });
  const changed = (whole === config ? writtenFirst : undefined) ?? (await write(whole));
  output.result(
    { event: 'initialised', ok: true, config: path, changed, profile: prepared.profile, bastion: prepared.bastion },
    `Ready. Try: fairlead doctor, then fairlead deploy demo   (a simulated model, no GPU)`,
  );
}

/** A file that --config names need not be there: it is what is written. */
async function loadWhatIsThere(context: Context): Promise<{ config: FairleadConfig }> {
  const named = context.flags.config;
  return named !== undefined && !(await readConfigFile(named)) ? { config: {} } : loadConfig(configPlaceOf(context));
}

async function reachable(config: FairleadConfig, context: Context): Promise<FairleadConfig> {
  const { bastion } = config;
  if (!bastion) return checkConfig(config, 'these answers');
  // Several routes are a person's own choice, drivers too.
  if (Array.isArray(bastion.fromLaptop)) return checkConfig(config, 'these answers');
  const fromLaptop = await chooseDriver(bastion.fromLaptop, context);
  return checkConfig({ ...config, bastion: { ...bastion, fromLaptop } }, 'these answers');
}

/** The bastion is made ready, the login hosts are reached. */
async function prepare(
  config: FairleadConfig,
  context: Context,
): Promise<{ profile: string; bastion: PreparedBastion; known: { hostKey: string }; inside: Address[] }> {
  const profile = profilePath(context.env, context.home);
  const { hostKeyLine, addresses, ...bastion } = await prepareBastion(config, profile, context);
  const known = { hostKey: hostKeyLine };
  let inside: Address[] = [];
  for (const [name, cluster] of Object.entries(config.clusters ?? {})) {
    await using site = await openSite({ name, config: cluster }, launchRun(context));
    context.output.event(
      'cluster.reached',
      { cluster: name, host: site.host.label, node: site.host.facts.node },
      `${name}: reached ${site.host.label} as ${site.host.facts.user}`,
    );
    const jobsKnow = namesForJobs(config);
    if (cluster.kind !== 'local')
      inside = [...inside, ...(await findInside(site.host, { ...known, addresses, known: jobsKnow }, context))];
  }
  return { profile, bastion, known, inside };
}

/** Undefined where jobs run here, and where the login host cannot be asked: the last step of init says why. */
async function findSite(cluster: ClusterConfig, context: Context): Promise<SiteFound | undefined> {
  if (cluster.kind === 'local') return undefined;
  try {
    await using site = await openSite({ name: 'it', config: cluster }, launchRun(context));
    const found = await discoverSite(site.host, context);
    context.output.event('site.found', { ...found }, foundWords(found));
    return found;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    context.output.event('site.unknown', { reason: errorText(error) }, `the site could not be asked: ${error.message}`);
    return undefined;
  }
}

function engineWords({ name, program, elsewhere, modules }: EngineFound): string {
  const { title } = findEngineKind(name);
  const places = [...(program ? [program] : []), ...elsewhere, ...modules.map((module) => `module ${module}`)];
  return places.length > 0 ? `${title}: ${places.join(', ')}` : `no ${title}`;
}

function foundWords(found: SiteFound): string {
  const { clusterName, version, partitions, associations, scratch, node, engines } = found;
  const accounts = [...new Set((associations ?? []).map(({ account }) => account))];
  const words = [
    version ? `Slurm ${version}${clusterName ? ` (${clusterName})` : ''}` : 'a Slurm that does not answer',
    ...partitions.map((partition) => `partition ${describePartition(partition)}`),
    accounts.length > 0 ? `accounts ${accounts.join(', ')}` : '',
    scratch ? `scratch ${scratch}` : '',
    node ? `Node ${node}` : '',
    ...engines.map(engineWords),
  ];
  return `found ${words.filter((word) => word !== '').join('\n             ')}`;
}
