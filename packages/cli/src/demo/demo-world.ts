// A whole small world in one folder: a bastion that lets this user in, and a configuration that points at it. Nothing outside it is touched but caches.

import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createJobKey } from '@fairlead/ssh';
import { findSshd, type LocalSshServer, openBuiltinSshServer, openUserSshd } from '@fairlead/ssh/local-server';
import type { FairleadConfig } from '@fairlead/config';
import { stringify } from 'yaml';

import type { Context } from '../context.ts';

/** A socket's path is 104 bytes at most on macOS, whose TMPDIR alone takes 50: /tmp is short everywhere. */
const parent = '/tmp';

export interface DemoWorld {
  dir: string;
  configFile: string;
  bastion: LocalSshServer;
  /** The context of a user of this world. */
  inhabit(context: Context): Context;
}

export async function makeDemoDir(): Promise<string> {
  return realpath(await mkdtemp(join(parent, 'fl-demo-')));
}

export interface DemoWorldOptions {
  nodePath: string;
  presets?: FairleadConfig['presets'];
}

/** The caller removes `dir`, which is there, and disposes the bastion. */
export async function openDemoWorld(dir: string, { nodePath, presets }: DemoWorldOptions): Promise<DemoWorld> {
  await Promise.all(['home', 'run', 'cluster', 'sshd'].map((name) => mkdir(join(dir, name), { mode: 0o700 })));
  const key = createJobKey();
  await writeFile(join(dir, 'id_ed25519'), key.privateKey.reveal(), { mode: 0o600 });
  const options = { dir: join(dir, 'sshd'), authorizedKeys: [key.publicKey] };
  const bastion = (await findSshd()) ? await openUserSshd(options) : await openBuiltinSshServer(options);
  const configFile = join(dir, 'fairlead.yaml');
  await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${bastion.port} ${bastion.hostKeyLine}\n`);
  await writeFile(configFile, stringify({ ...demoConfig(dir, bastion, nodePath), ...(presets && { presets }) }));
  return {
    dir,
    configFile,
    bastion,
    inhabit: (context) => ({
      ...context,
      // The bundles may be shared with everything else on this machine; they are named by their content.
      env: {
        ...context.env,
        HOME: join(dir, 'home'),
        XDG_CACHE_HOME: context.env['XDG_CACHE_HOME'] || join(context.home, '.cache'),
        FAIRLEAD_PROFILE: join(dir, 'profile.json'),
      },
      home: join(dir, 'home'),
      cwd: dir,
      flags: { ...context.flags, config: configFile },
    }),
  };
}

function demoConfig(dir: string, bastion: LocalSshServer, nodePath: string): FairleadConfig {
  return {
    defaultCluster: 'demo',
    bastion: {
      fromLaptop: {
        host: bastion.host,
        port: bastion.port,
        user: bastion.user,
        identityFile: join(dir, 'id_ed25519'),
        knownHostsFile: join(dir, 'known_hosts'),
      },
      stateDir: join(dir, 'bastion'),
      runDir: join(dir, 'run'),
      node: nodePath,
      authorizedKeysFile: bastion.authorizedKeysPath,
    },
    clusters: { demo: { kind: 'local', paths: { state: join(dir, 'cluster'), scratch: dir }, node: nodePath } },
  };
}
