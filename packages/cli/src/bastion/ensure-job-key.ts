// The key with which a cluster's jobs reach the bastion: made when there is none that lasts, removed when nothing uses it.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';

import type { Session } from '@fairlead/client';
import { errorText, isCodedError, Secret } from '@fairlead/kit';
import { isEnded } from '@fairlead/protocol';
import {
  createJobKey,
  createSshRunner,
  installJobKey,
  type JobKey,
  proveJobLogin,
  removeJobKey,
  renderKeyLine,
} from '@fairlead/tunnel';

import type { Context } from '../context.ts';
import type { Site } from '../site/open-site.ts';
import { bastionLogin, type BastionLogin } from './bastion-login.ts';
import { lockJobKey } from './job-key-lock.ts';
import { type KeyRecord, readRecord, recordPath, writeRecord } from './job-key-record.ts';

const DAY_MS = 86_400_000;
const LIFETIME_MS = 90 * DAY_MS;
/** Longer than the longest time limits of clusters: a job must not outlive its key. */
const LEFT_AT_LEAST_MS = 31 * DAY_MS;

/** Resolves when a key that lasts lies on the cluster and a login with it has met the gate. */
export async function ensureJobKey(site: Site, session: Session, context: Context): Promise<void> {
  const login = await bastionLogin(session.link, context);
  if (await isGood(site, await readRecord(site), { login, context })) return;
  await using _ = await lockJobKey(site, context);
  // Another machine may have made it meanwhile.
  const record = await readRecord(site);
  if (!(await isGood(site, record, { login, context }))) await makeJobKey(site, { login, session, context, record });
}

interface Making {
  login: BastionLogin;
  session: Session;
  context: Context;
  record: KeyRecord | undefined;
}

async function makeJobKey(site: Site, { login, session, context, record }: Making): Promise<void> {
  context.output.busy("making the job's key");
  const { jobKey, ...kept } = (await waitingKey(site, record, context)) ?? newKey(record, context);
  const gatePath = join(session.link.profile.bastion.stateDir, 'gate');
  const line = { gatePath, expiresAt: new Date(kept.expiresMs), marker: kept.marker };
  try {
    await installJobKey({ ...login, jobKey, line, clock: context.clock, signal: context.signal });
  } catch (error) {
    if (!isCodedError(error, 'authorized_keys_not_writable', 'job_key_refused')) throw error;
    // The line that the error shows is of use only while its key is kept.
    await keepKey(site, jobKey, { ...kept, byHand: renderKeyLine({ ...line, publicKey: jobKey.publicKey }) });
    throw error;
  }
  // Not under the signal: a line without its record would stay until it expires.
  await keepKey(site, jobKey, kept);
  context.output.event(
    'job-key.made',
    { cluster: site.cluster.name, marker: kept.marker },
    `made the key with which jobs on ${site.cluster.name} reach the bastion, and tried it`,
  );
}

/** Jobs that run read the key anew at each connection; lines of older keys stay until none is left. */
function newKey(record: KeyRecord | undefined, context: Context) {
  const marker = `job-${randomBytes(6).toString('hex')}`;
  const previous = record ? [...record.previous, record.marker] : [];
  return { jobKey: createJobKey(), marker, expiresMs: context.clock.now() + LIFETIME_MS, previous };
}

/** The key whose line was shown before and is not in place yet: a second one would make that line worthless. */
async function waitingKey(site: Site, record: KeyRecord | undefined, context: Context) {
  if (record?.byHand === undefined || !lasts(record, context)) return undefined;
  const { marker, expiresMs, previous } = record;
  return { jobKey: await readKey(site, record.byHand), marker, expiresMs, previous };
}

async function keepKey(site: Site, jobKey: JobKey, record: KeyRecord): Promise<void> {
  await site.host.upload(Buffer.from(jobKey.privateKey.reveal()), site.paths.jobKey, { mode: 0o600 });
  await writeRecord(site, record);
}

/** The private half from the cluster; `line` holds the public one. */
async function readKey(site: Site, line: string): Promise<JobKey> {
  const { stdout } = await site.host.runner.run(['cat', site.paths.jobKey]);
  return { privateKey: new Secret(stdout), publicKey: line.split(' ').slice(-3, -1).join(' ') };
}

/** Removes key and lines when no deployment of the cluster is left; a deployment that began meanwhile gets its key back. */
export async function dropUnusedJobKey(site: Site, session: Session, context: Context): Promise<void> {
  if (await isInUse(site, session, context)) return;
  const record = await readRecord(site);
  // What somebody put in place by hand stays until it expires: they need not be asked again.
  if (!record || record.byHand !== undefined) return;
  try {
    await removeKeyOf(site, await bastionLogin(session.link, context), context);
  } catch (error) {
    context.signal.throwIfAborted();
    context.output.warn(
      `could not remove the job's key from the bastion: ${errorText(error)}. It can do nothing but reach the gate, and expires by itself.`,
    );
    return;
  }
  if (await isInUse(site, session, context)) await ensureJobKey(site, session, context);
}

/** The lines on the bastion and the key on the cluster. Returns the markers of the lines that were there. */
export async function removeKeyOf(site: Site, login: BastionLogin, context: Context): Promise<string[]> {
  if (!(await readRecord(site))) return [];
  await using _ = await lockJobKey(site, context);
  const record = await readRecord(site);
  if (!record) return [];
  const removed: string[] = [];
  for (const marker of [...record.previous, record.marker])
    if (await removeJobKey({ ...login, marker, clock: context.clock, signal: context.signal })) removed.push(marker);
  await site.host.runner.run(['rm', '-f', site.paths.jobKey, recordPath(site)]);
  return removed;
}

async function isInUse(site: Site, session: Session, context: Context): Promise<boolean> {
  const deployments = await session.api.listDeployments({}, context.signal);
  return deployments.some(({ cluster, instance }) => cluster === site.cluster.name && !isEnded(instance.state));
}

async function isGood(
  site: Site,
  record: KeyRecord | undefined,
  { login, context }: Pick<Making, 'login' | 'context'>,
): Promise<boolean> {
  if (!record || !lasts(record, context)) return false;
  if (record.byHand !== undefined) return letsIn(site, record.byHand, { login, context });
  const script = 'grep -qF -e "$1" "${2:-$HOME/.ssh/authorized_keys}"';
  const argv = ['sh', '-c', script, 'sh', `fairlead:${record.marker}`, login.path ?? ''];
  return (await createSshRunner(login.connection).run(argv)).code === 0;
}

function lasts(record: KeyRecord, context: Context): boolean {
  return record.expiresMs - context.clock.now() > LEFT_AT_LEAST_MS;
}

/** Wherever the line was put: a login tells. */
async function letsIn(
  site: Site,
  line: string,
  { login, context }: Pick<Making, 'login' | 'context'>,
): Promise<boolean> {
  try {
    const jobKey = await readKey(site, line);
    await proveJobLogin({ userTarget: login.userTarget, jobKey, line, signal: context.signal });
    return true;
  } catch (error) {
    if (isCodedError(error, 'job_key_refused')) return false;
    throw error;
  }
}
