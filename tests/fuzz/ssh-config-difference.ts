// Compares our own reader of ssh_config with `ssh -G`: the result is the same, or our reader refuses.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { isCodedError } from '@fairlead/kit';
import { sshVersion } from '@fairlead/ssh';
import fc from 'fast-check';

import {
  askSsh,
  type HostQuestion,
  type HostSettings,
  pickHostSettings,
  readSshConfig,
  settingsFromSsh,
} from '@fairlead/ssh/testing';
import { type SshConfigCase, sshConfigCase } from './ssh-config-cases.ts';

export interface Differences {
  compared: number;
  /** Cases that our reader refuses and ssh accepts. */
  refused: number;
  /** Cases that are equal and have a value that is not a default. */
  equal: number;
}

/** Processes of ssh at a time. */
const batchSize = 8;
const defaultKeys = /\/\.ssh\/id_(?:rsa|ecdsa|ed25519|dsa|xmss|ecdsa_sk|ed25519_sk)$/;

/** Whether this machine has an `ssh -G` to compare with. */
export function hasOpenSsh(): Promise<boolean> {
  return sshVersion(process.env).then(
    (version) => version.includes('OpenSSH'),
    () => false,
  );
}

/** Rejects with the seed and the smallest configuration that the two read differently. */
export async function compareSshConfigs({ cases, seed }: { cases: number; seed: number }): Promise<Differences> {
  const root = await mkdtemp(join(tmpdir(), 'fl-ssh-config-'));
  const seen: Differences = { compared: 0, refused: 0, equal: 0 };
  const batch = fc.array(sshConfigCase, { minLength: batchSize, maxLength: batchSize });
  const property = fc.asyncProperty(batch, async (all) => {
    await Promise.all(all.map((one) => compare(one, root, seen)));
  });
  try {
    await fc.assert(property, { numRuns: Math.ceil(cases / batchSize), seed, includeErrorInReport: true });
  } finally {
    await rm(root, { recursive: true });
  }
  return seen;
}

async function compare(one: SshConfigCase, root: string, seen: Differences): Promise<void> {
  const dir = await mkdtemp(join(root, 'c'));
  const inDir = (text: string) => text.replaceAll('DIR', dir);
  await mkdir(join(dir, 'conf.d'));
  const main = join(dir, 'config');
  await writeFile(main, inDir(one.main));
  await writeFile(join(dir, 'one'), inDir(one.included.one));
  await writeFile(join(dir, 'two'), inDir(one.included.two));
  await writeFile(join(dir, 'conf.d', 'three'), inDir(one.included.three));
  const { homedir: home, username: localUser } = userInfo();
  const { host, port, user } = one;
  const question: HostQuestion = {
    host,
    port,
    user,
    home,
    env: process.env,
    localUser,
    uid: process.getuid?.(),
    localHost: hostname(),
  };
  const [ours, theirs] = await Promise.all([
    unlessRefused(async () =>
      pickHostSettings([await readSshConfig(main, { home, includeDir: join(home, '.ssh') })], question),
    ),
    unlessRefused(async () =>
      settingsFromSsh(await askSsh({ name: host, port, user, configPath: main }, process.env), question),
    ),
  ]);
  await rm(dir, { recursive: true });
  seen.compared += 1;
  if (typeof ours === 'string') {
    if (typeof theirs !== 'string') seen.refused += 1;
    return;
  }
  // Our reader refuses it later, when it follows the jump hosts (jump-hosts.ts).
  if (typeof theirs === 'string' && theirs.includes('jumphost loop')) return;
  if (typeof theirs === 'string') throw new Error(`ssh refuses what our reader takes: ${theirs}`);
  if (!isDeepStrictEqual(comparable(ours), comparable(theirs)))
    throw new Error(
      `our reader: ${JSON.stringify(comparable(ours))}\nssh -G:     ${JSON.stringify(comparable(theirs))}`,
    );
  seen.equal += 1;
}

/** The keys that ssh tries by default differ between its versions. */
function comparable(settings: HostSettings) {
  const identityFiles = settings.identityFiles.every((path) => defaultKeys.test(path))
    ? 'default'
    : settings.identityFiles;
  return { ...settings, identityFiles };
}

async function unlessRefused(read: () => Promise<HostSettings>): Promise<HostSettings | string> {
  try {
    return await read();
  } catch (error) {
    if (isCodedError(error, 'ssh_config_invalid')) return error.message;
    throw error;
  }
}
