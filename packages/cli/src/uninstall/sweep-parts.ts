// The parts of an uninstall one by one. What one part cannot do is kept and told; the others are done all the same.

import { errorText } from '@fairlead/kit';
import { createSshRunner, removeJobKey } from '@fairlead/ssh';

import { jobKeyDirOf, keyDirName, openSite, readJobKeys, removeJobKeysOf, type Site } from '@fairlead/launch';
import type { NamedCluster } from '@fairlead/config';
import { launchRun } from '../launch/launch-run.ts';
import type { Context } from '../context.ts';
import type { LaptopProfile } from '@fairlead/protocol';
import { cancelStrays } from './live-deployments.ts';
import type { BastionAtHand } from './open-bastion.ts';
import { sweepHost, type SweepMode, type Swept } from './sweep-host.ts';
import { listMarkers, sweepBastionScript, sweepClusterScript, sweepKeys } from './sweep-scripts.ts';

export interface Sweeping {
  mode: SweepMode;
  bastion: BastionAtHand | undefined;
  profile: LaptopProfile | undefined;
  context: Context;
}

/** Jobs, then the key and its lines on the bastion, then files. */
export async function sweepCluster(cluster: NamedCluster, sweeping: Sweeping): Promise<Swept[]> {
  const { mode, profile, context } = sweeping;
  await using site = await openSite(cluster, launchRun(context));
  const ownKeys = profile ? keyDirName(profile) : '';
  const keys: Swept[] = [];
  if (mode === 'remove') {
    await cancelStrays(site, ownKeys, context);
    if (profile) keys.push(...(await sweepJobKeys(site, profile, sweeping)));
  }
  const { state, runtime, scratch = '' } = site.paths;
  const nodes = cluster.config.kind === 'local' ? '' : 'nodes';
  const places = [state, runtime, ownKeys, scratch, nodes];
  return [...keys, ...(await sweepHost(site.host, sweepClusterScript, [mode, ...places]))];
}

async function sweepJobKeys(site: Site, profile: LaptopProfile, { bastion, context }: Sweeping): Promise<Swept[]> {
  const dir = jobKeyDirOf(site, profile);
  if (bastion) {
    const markers = await removeJobKeysOf({ site, login: bastion.login, run: launchRun(context) }, dir);
    return markers.map((marker) => keyLine(bastion, marker));
  }
  const { records } = await readJobKeys(site, dir);
  const path = (marker: string) => `authorized_keys (line fairlead:${marker})`;
  return records.map(({ marker }) => ({ host: 'the bastion', path: path(marker), kind: 'left', why: keyStays }));
}

const keyStays =
  'the bastion is not known, so that its line in authorized_keys there could not be removed; it expires by itself';

/** Lines of keys first, then control and its files, the copy of authorized_keys last. */
export async function sweepBastion({ mode, bastion, context }: Sweeping): Promise<Swept[]> {
  if (!bastion) return [];
  const { host, login, stateDir, runDir } = bastion;
  const swept: Swept[] = [];
  const listed = await createSshRunner(login.connection).run(['sh', '-c', listMarkers, 'sh', login.path ?? '']);
  for (const marker of listed.stdout.split('\n').filter((line) => line !== '')) {
    if (mode === 'remove') await removeJobKey({ ...login, marker, clock: context.clock, signal: context.signal });
    swept.push(keyLine(bastion, marker));
  }
  swept.push(...(await sweepHost(host, sweepBastionScript, [mode, stateDir, runDir])));
  // Last: it is what an edit that went wrong would be mended with.
  swept.push(...(await sweepHost(host, sweepKeys, [mode, login.path ?? ''])));
  return swept;
}

function keyLine({ host, login }: BastionAtHand, marker: string): Swept {
  return {
    host: host.label,
    path: `${login.path ?? '~/.ssh/authorized_keys'} (line fairlead:${marker})`,
    kind: 'removed',
  };
}

/** What stands in the report where a part could not be done. */
export function undone(part: string, error: unknown): Swept {
  return { host: part, path: part, kind: 'failed', why: errorText(error) };
}
