// The key with which a cluster's jobs reach the bastion: made when there is none that lasts, removed when nothing uses it.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';

import type { Session } from '@fairlead/client';
import { errorText } from '@fairlead/kit';
import { isEnded } from '@fairlead/protocol';
import { createJobKey, createSshRunner, installJobKey, removeJobKey } from '@fairlead/tunnel';

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
  if (await isGood(await readRecord(site), login, context)) return;
  await using _ = await lockJobKey(site, context);
  // Another machine may have made it meanwhile.
  const record = await readRecord(site);
  if (!(await isGood(record, login, context))) await makeJobKey(site, { login, session, context, record });
}

interface Making {
  login: BastionLogin;
  session: Session;
  context: Context;
  record: KeyRecord | undefined;
}

async function makeJobKey(site: Site, { login, session, context, record }: Making): Promise<void> {
  context.output.busy("making the job's key");
  const jobKey = createJobKey();
  const marker = `job-${randomBytes(6).toString('hex')}`;
  const expiresMs = context.clock.now() + LIFETIME_MS;
  const gatePath = join(session.link.profile.bastion.stateDir, 'gate');
  await installJobKey({
    ...login,
    jobKey,
    line: { gatePath, expiresAt: new Date(expiresMs), marker },
    clock: context.clock,
    signal: context.signal,
  });
  // Jobs that run read the key anew at each connection; lines of older keys stay until none is left.
  const previous = record ? [...record.previous, record.marker] : [];
  // Not under the signal: a line without its record would stay until it expires.
  await site.host.upload(Buffer.from(jobKey.privateKey.reveal()), site.paths.jobKey, { mode: 0o600 });
  await writeRecord(site, { marker, expiresMs, previous });
  context.output.event(
    'job-key.made',
    { cluster: site.cluster.name, marker },
    `made the key with which jobs on ${site.cluster.name} reach the bastion, and tried it`,
  );
}

/** Removes key and lines when no deployment of the cluster is left; a deployment that began meanwhile gets its key back. */
export async function dropUnusedJobKey(site: Site, session: Session, context: Context): Promise<void> {
  if (await isInUse(site, session, context)) return;
  if (!(await readRecord(site))) return;
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

async function isGood(record: KeyRecord | undefined, login: BastionLogin, context: Context): Promise<boolean> {
  if (!record || record.expiresMs - context.clock.now() <= LEFT_AT_LEAST_MS) return false;
  const script = 'grep -qF -e "$1" "${2:-$HOME/.ssh/authorized_keys}"';
  const argv = ['sh', '-c', script, 'sh', `fairlead:${record.marker}`, login.path ?? ''];
  return (await createSshRunner(login.connection).run(argv)).code === 0;
}
