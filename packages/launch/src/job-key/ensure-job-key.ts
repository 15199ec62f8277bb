// The key with which a cluster's jobs reach a bastion: made when there is none that lasts, noted as used by each job. A key that a
// job may read is never written over: a new one is a new file beside it.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';

import type { ControlSession } from '../control-session.ts';
import { isCodedError, Secret } from '@fairlead/kit';
import { createJobKey, createSshRunner, installJobKey, type JobKey, proveJobLogin, renderKeyLine } from '@fairlead/ssh';

import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';
import { bastionLogin, type BastionLogin } from './bastion-login.ts';
import { jobKeyLifetimeMs, pickJobKey } from './decide-job-key.ts';
import { lockJobKeys } from './job-key-lock.ts';
import { jobKeyDirOf, type JobKeyRecord, noteJobKeyUser, readJobKeys, writeJobKeyRecord } from './job-key-place.ts';

export interface JobKeyUse {
  session: ControlSession;
  run: Run;
  /** As the configuration of the bastion names it; absent: ~/.ssh/authorized_keys. */
  authorizedKeysFile: string | undefined;
}

interface Ensuring {
  site: Site;
  session: ControlSession;
  run: Run;
  login: BastionLogin;
  /** Where the keys lie. */
  dir: string;
}

/**
 * Resolves with the directory on the cluster in which a key lies that lasts and with which a login has met the gate. `user` (an
 * instance's id) keeps it there until dropUnusedJobKeys finds that user ended.
 */
export async function ensureJobKey(
  site: Site,
  { session, run, user, authorizedKeysFile }: JobKeyUse & { user: string },
): Promise<string> {
  const dir = jobKeyDirOf(site, session.link.profile);
  const login = await bastionLogin(session.link, authorizedKeysFile, run);
  await using _ = await lockJobKeys(site, dir, run);
  const ensuring = { site, session, run, login, dir };
  const kept = pickJobKey((await readJobKeys(site, dir)).records, run.clock.now());
  // A missing line was removed on purpose: its key is not put back, another one is made.
  if (kept?.byHand !== undefined) await waitForHand(ensuring, kept, kept.byHand);
  else if (!kept || !(await hasLine(login, kept))) await makeJobKey(ensuring);
  await noteJobKeyUser(site, dir, user);
  return dir;
}

async function makeJobKey(ensuring: Ensuring): Promise<void> {
  const { run, site } = ensuring;
  run.tell({ type: 'job-key.making' });
  const jobKey = createJobKey();
  const { publicKey } = jobKey;
  const marker = `job-${randomBytes(6).toString('hex')}`;
  const record = { marker, publicKey, expiresMs: run.clock.now() + jobKeyLifetimeMs };
  await installAndKeep(ensuring, jobKey, record);
  run.tell({ type: 'job-key.made', cluster: site.cluster.name, marker });
}

/** The key whose line was shown before and is not in place yet: a second one would make that line worthless. */
async function waitForHand(ensuring: Ensuring, record: JobKeyRecord, line: string): Promise<void> {
  const { login, run } = ensuring;
  const jobKey = await readJobKey(ensuring, record);
  try {
    // The line may stand in a file that we do not know: only a login shows that it is in place.
    await proveJobLogin({ userTarget: login.userTarget, jobKey, line, signal: run.signal });
  } catch (error) {
    if (!isCodedError(error, 'job_key_refused')) throw error;
    const { byHand: _, ...rest } = record;
    await installAndKeep(ensuring, jobKey, rest);
  }
}

async function installAndKeep(ensuring: Ensuring, jobKey: JobKey, record: JobKeyRecord): Promise<void> {
  const { session, run, login } = ensuring;
  const gatePath = join(session.link.profile.bastion.stateDir, 'gate');
  const line = { gatePath, expiresAt: new Date(record.expiresMs), marker: record.marker };
  try {
    await installJobKey({ ...login, jobKey, line, clock: run.clock, signal: run.signal });
  } catch (error) {
    if (!isCodedError(error, 'authorized_keys_not_writable', 'job_key_refused')) throw error;
    // The line that the error shows is of use only while its key is kept.
    await keepKey(ensuring, jobKey, { ...record, byHand: renderKeyLine({ ...line, publicKey: record.publicKey }) });
    throw error;
  }
  // Not under the signal: a line without its record would stay until it expires.
  await keepKey(ensuring, jobKey, record);
}

async function keepKey({ site, dir }: Ensuring, jobKey: JobKey, record: JobKeyRecord): Promise<void> {
  await site.host.upload(Buffer.from(jobKey.privateKey.reveal()), join(dir, record.marker), { mode: 0o600 });
  await writeJobKeyRecord(site, dir, record);
}

async function readJobKey({ site, dir }: Ensuring, { marker, publicKey }: JobKeyRecord): Promise<JobKey> {
  const { stdout } = await site.host.runner.run(['cat', join(dir, marker)]);
  return { privateKey: new Secret(stdout), publicKey };
}

async function hasLine(login: BastionLogin, { marker }: JobKeyRecord): Promise<boolean> {
  const script = 'grep -qF -e "$1" "${2:-$HOME/.ssh/authorized_keys}"';
  const argv = ['sh', '-c', script, 'sh', `fairlead:${marker}`, login.path ?? ''];
  return (await createSshRunner(login.connection).run(argv)).code === 0;
}
