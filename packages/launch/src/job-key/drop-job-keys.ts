// Removes the keys with which a cluster's jobs reach a bastion, when no job is left that may read them.

import { join } from 'node:path/posix';

import { errorText } from '@fairlead/kit';
import { removeJobKey } from '@fairlead/ssh';

import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';
import { bastionLogin, type BastionLogin } from './bastion-login.ts';
import { expiredJobKeys, livingUsers } from './decide-job-key.ts';
import type { JobKeyUse } from './ensure-job-key.ts';
import { lockJobKeys } from './job-key-lock.ts';
import { forgetJobKeyUsers, jobKeyDirOf, type JobKeyRecord, readJobKeys } from './job-key-place.ts';

/** Never removes a key that a living job of this bastion may read, also where its cluster has another name. `ended`: the user that has ended. */
export async function dropUnusedJobKeys(
  site: Site,
  { session, run, ended, authorizedKeysFile }: JobKeyUse & { ended: string },
): Promise<void> {
  const dir = jobKeyDirOf(site, session.link.profile);
  try {
    const login = await bastionLogin(session.link, authorizedKeysFile, run);
    await using _ = await lockJobKeys(site, dir, run);
    const { records, users } = await readJobKeys(site, dir);
    // Asked for while the lock is held: a deployment is in control's list before it notes that it uses the key.
    const deployments = await session.api.listDeployments({}, run.signal);
    const others = users.filter((user) => user !== ended);
    const living = livingUsers(others, deployments);
    await forgetJobKeyUsers(
      site,
      dir,
      users.filter((user) => !living.includes(user)),
    );
    const unused = living.length === 0 ? records : expiredJobKeys(records, run.clock.now());
    // A line that a person put in place by hand stays until it expires, so that the person is not asked again.
    await removeKeys(
      { site, dir, login, run },
      unused.filter(({ byHand }) => byHand === undefined),
    );
  } catch (error) {
    run.signal.throwIfAborted();
    run.tell({
      type: 'warning',
      message: `could not remove the job's key from the bastion: ${errorText(error)}. It can do nothing but reach the gate, and expires by itself.`,
    });
  }
}

interface Removing {
  site: Site;
  dir: string;
  login: BastionLogin;
  run: Run;
}

/** All keys for this bastion and their lines there. Returns the markers of the lines that were there. */
export async function removeJobKeysOf(removing: Omit<Removing, 'dir'>, dir: string): Promise<string[]> {
  const { site, run } = removing;
  if ((await readJobKeys(site, dir)).records.length === 0) return [];
  await using _ = await lockJobKeys(site, dir, run);
  return removeKeys({ ...removing, dir }, (await readJobKeys(site, dir)).records);
}

async function removeKeys({ site, dir, login, run }: Removing, records: readonly JobKeyRecord[]): Promise<string[]> {
  const removed: string[] = [];
  for (const { marker } of records) {
    if (await removeJobKey({ ...login, marker, clock: run.clock, signal: run.signal })) removed.push(marker);
    await site.host.runner.run(['rm', '-f', '--', join(dir, marker), join(dir, `${marker}.json`)]);
  }
  await site.host.runner.run(['sh', '-c', closeScript, 'sh', dir]);
  return removed;
}

/** rmdir takes nothing that holds a file. */
const closeScript = `
rmdir "$1/users" 2>/dev/null
rmdir "$1" 2>/dev/null
:
`;
