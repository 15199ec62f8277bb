// This machine: its Node, its ssh, its configuration, and who may read its secrets.

import { profilePath } from '@fairlead/client';
import { errnoOf, errorText, isCodedError } from '@fairlead/kit';
import { asList, userConfigPath } from '@fairlead/config';
import type { SshRoute } from '@fairlead/protocol';
import { sshVersion } from '@fairlead/ssh';
import { stat } from 'node:fs/promises';

import { launchRun } from '../../launch/launch-run.ts';
import type { Context } from '../../context.ts';
import { resolveRoute } from '@fairlead/launch/login';
import { nameOf } from '../../ssh/open-routes.ts';
import { type Check, fail, type Finding, ok, warn } from '../check.ts';
import type { World } from '../world.ts';

/** Packages say the same in `engines`. */
const nodeMajor = 22;

export const laptopChecks: readonly Check[] = [
  {
    id: 'laptop.node',
    title: 'Laptop: Node',
    tried: 'looked at the Node that runs this command',
    run: () => judgeNode(process.versions.node),
  },
  {
    id: 'laptop.ssh',
    title: 'Laptop: ssh',
    tried: 'ran ssh -V, and asked ssh -G about the hosts that are configured',
    run: async (world) => {
      const logins = await Promise.all((await routesOf(world)).map((route) => loginBy(route, world.context)));
      return judgeSsh(logins, () => sshVersion(world.context.env));
    },
  },
  {
    id: 'laptop.config',
    title: 'Laptop: configuration',
    tried: 'read the configuration as every command does',
    async run(world) {
      const { files, config, project } = await world.loaded();
      if (Object.keys(config).length === 0)
        return fail(
          `nothing is configured: ${userConfigPath(world.context.env, world.context.home)} does not exist or is empty`,
          'Run `fairlead init`.',
        );
      if (project && project.warnings.length > 0)
        return warn(project.warnings.join('; '), 'Trust the file, move it, or work in another folder.');
      return ok(`${files.join(', ') || 'the environment alone'}: every setting is understood`);
    },
  },
  {
    id: 'laptop.bastion',
    title: 'Laptop: a bastion is named',
    tried: 'looked for bastion.fromLaptop in the configuration',
    needs: ['laptop.config'],
    async run(world) {
      const { bastion } = await world.config();
      if (!bastion) return fail('bastion.fromLaptop is missing', 'Run `fairlead init --bastion <host>`.');
      return ok(asList(bastion.fromLaptop).map(nameOf).join(', '));
    },
  },
  {
    id: 'laptop.cluster',
    title: 'Laptop: a cluster is named',
    tried: 'chose the cluster that `fairlead deploy` would choose',
    needs: ['laptop.config'],
    async run(world) {
      const { name, config } = await world.cluster();
      if (config.kind === 'local') return ok(`${name}: jobs run on this machine, without Slurm`);
      if (!config.login)
        return fail(`clusters.${name}.login is missing`, 'Name the host that takes sbatch: `fairlead init --login`.');
      return ok(`${name}, through ${config.login.host}`);
    },
  },
  {
    id: 'laptop.profile',
    title: 'Laptop: profile',
    tried: 'read what `fairlead init` wrote down about the bastion',
    async run(world) {
      const profile = await world.profile();
      const path = profilePath(world.context.env, world.context.home);
      if (!profile)
        return warn(
          `there is no profile yet: looked for ${path}`,
          'Run `fairlead init`; the first `fairlead deploy` does it too.',
        );
      return ok(`${path}: bastion ${profile.bastion.host}, sockets in ${profile.bastion.runDir}`);
    },
  },
  {
    id: 'laptop.secrets',
    title: 'Laptop: secret files',
    tried: 'looked who may read keys and configuration',
    run: (world) => judgeSecrets(world),
  },
];

export function judgeNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= nodeMajor) return ok(`v${version}`);
  return fail(`v${version}`, `Fairlead needs Node ${nodeMajor} or newer: install one and run it with that.`);
}

/** None where the configuration cannot be read: another check says so. */
async function routesOf(world: World): Promise<SshRoute[]> {
  const config = await world.config().catch(() => undefined);
  const bastion = config?.bastion && asList(config.bastion.fromLaptop);
  const routes = [...(bastion ?? []), ...Object.values(config?.clusters ?? {}).map(({ login }) => login)];
  return routes.filter((route) => route !== undefined);
}

/** Who logs in to a host of the configuration. */
export interface LoginBy {
  host: string;
  driver: 'ssh2' | 'ssh';
  /** Of `ssh`. */
  because?: string;
}

/** As every command decides it; a name that cannot be read is another check's finding. */
async function loginBy(route: SshRoute, context: Context): Promise<LoginBy> {
  const { host, driver = 'ssh2' } = route;
  try {
    const { system } = await resolveRoute(route, launchRun(context));
    return system ? { host, driver: 'ssh', because: system.because } : { host, driver: 'ssh2' };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return { host, driver };
  }
}

/** Which driver logs in to each host and why; where it is the system's ssh, whether that is there and new enough. */
export async function judgeSsh(logins: readonly LoginBy[], version: () => Promise<string>): Promise<Finding> {
  const bySsh = logins.filter(({ driver }) => driver === 'ssh');
  const hosts = [...new Set(bySsh.map(({ host }) => host))].join(', ');
  try {
    const found = await version();
    const old = /OpenSSH_(\d+)\.(\d+)/.exec(found);
    if (hosts === '')
      return ok(`${found} says what names mean (ssh -G); Fairlead logs in to them itself (driver: ssh2)`);
    const reasons = [...new Set(bySsh.map(({ because }) => because).filter(Boolean))];
    const words = `${found} logs in to ${hosts} (driver: ssh)${reasons.length > 0 ? ` because ${reasons.join('; ')}` : ''}`;
    const isNewEnough = old !== null && (Number(old[1]) > 7 || (old[1] === '7' && Number(old[2]) >= 6));
    return isNewEnough ? ok(words) : fail(words, 'OpenSSH 7.6 or newer is needed for `driver: ssh`.');
  } catch (error) {
    if (hosts === '')
      return ok('no ssh that could be used; Fairlead reads ~/.ssh/config and speaks SSH itself (driver: ssh2)');
    const todo = isCodedError(error) ? error.hint : undefined;
    return fail(`${errorText(error)}; ${hosts} is to be reached with it (driver: ssh)`, todo ?? 'Install OpenSSH.');
  }
}

/** The profile refuses by itself to be read when others may; these are the other files. */
async function judgeSecrets(world: World): Promise<Finding> {
  if (process.platform === 'win32') return ok('Windows keeps them in your own folder');
  // A configuration that cannot be read is another check's finding.
  const named = (await routesOf(world)).flatMap(({ identityFile }) => (identityFile ? [identityFile] : []));
  const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `~/.ssh/${name}`);
  const files = [...new Set([...named, ...usual])].map((path) => path.replace(/^~(?=\/)/, world.context.home));
  const modes = await Promise.all(files.map(async (path) => ({ path, mode: await modeOf(path) })));
  const open = modes.filter(({ mode }) => mode !== undefined && (mode & 0o077) !== 0).map(({ path }) => path);
  const missing = modes.filter(({ path, mode }) => mode === undefined && named.includes(path)).map(({ path }) => path);
  if (open.length > 0) return fail(`others may read ${open.join(', ')}`, `Run: chmod 600 ${open.join(' ')}`);
  if (missing.length > 0)
    return fail(`no such key: ${missing.join(', ')}`, 'Correct identityFile in the configuration.');
  return ok(`${modes.filter(({ mode }) => mode !== undefined).length} private keys, readable by you alone`);
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
