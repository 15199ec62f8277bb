// The key with which a cluster's jobs reach the bastion: made when there is none that lasts, removed when nothing uses it.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';

import type { Session } from '@fairlead/client';
import { errorText, shellQuote } from '@fairlead/kit';
import { decodeText, isEnded } from '@fairlead/protocol';
import { createJobKey, installJobKey, removeJobKey, type SshTarget } from '@fairlead/tunnel';
import { z } from 'zod';

import { loadConfig } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import type { Site } from '../site/open-site.ts';
import { resolveRoute } from '../ssh/open-route.ts';

const DAY_MS = 86_400_000;
const LIFETIME_MS = 90 * DAY_MS;
/** Longer than the longest time limits of clusters: a job must not outlive its key. */
const LEFT_AT_LEAST_MS = 31 * DAY_MS;

/** Beside the key on the cluster: which lines in authorized_keys are its. */
const keyRecord = z.object({ marker: z.string(), expiresMs: z.number(), previous: z.array(z.string()).default([]) });
type KeyRecord = z.output<typeof keyRecord>;

/** Resolves when a key that lasts lies on the cluster and a login with it has met the gate. */
export async function ensureJobKey(site: Site, session: Session, context: Context): Promise<void> {
  const bastion = await bastionOf(session, context);
  const record = await readRecord(site);
  const nowMs = context.clock.now();
  if (record && record.expiresMs - nowMs > LEFT_AT_LEAST_MS && (await isAuthorized(bastion, record.marker))) return;

  context.output.busy("making the job's key");
  const jobKey = createJobKey();
  const marker = `job-${randomBytes(6).toString('hex')}`;
  const expiresMs = nowMs + LIFETIME_MS;
  const gatePath = join(session.link.profile.bastion.stateDir, 'gate');
  await installJobKey({
    ...bastion,
    jobKey,
    line: { gatePath, expiresAt: new Date(expiresMs), marker },
    clock: context.clock,
    signal: context.signal,
  });
  // Jobs that run read the key anew at each connection; lines of older keys stay until none is left.
  const previous = record ? [...record.previous, record.marker] : [];
  await site.host.upload(Buffer.from(jobKey.privateKey.reveal()), site.paths.jobKey, {
    mode: 0o600,
    signal: context.signal,
  });
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
  const record = await readRecord(site);
  if (!record) return;
  try {
    const bastion = await bastionOf(session, context);
    for (const marker of [...record.previous, record.marker])
      await removeJobKey({ ...bastion, marker, clock: context.clock, signal: context.signal });
    await site.host.runner.run(['rm', '-f', site.paths.jobKey, recordPath(site)]);
  } catch (error) {
    context.signal.throwIfAborted();
    context.output.warn(
      `could not remove the job's key from the bastion: ${errorText(error)}. It can do nothing but reach the gate, and expires by itself.`,
    );
    return;
  }
  if (await isInUse(site, session, context)) await ensureJobKey(site, session, context);
}

async function isInUse(site: Site, session: Session, context: Context): Promise<boolean> {
  const deployments = await session.api.listDeployments({}, context.signal);
  return deployments.some(({ cluster, instance }) => cluster === site.cluster.name && !isEnded(instance.state));
}

async function bastionOf(session: Session, context: Context) {
  const { profile } = session.link;
  const { config } = await loadConfig(context);
  const target = await resolveRoute({ ...profile.bastion.route, user: profile.bastion.user }, context);
  const userTarget: SshTarget = { ...target, hostKeys: { kind: 'pinned', keys: profile.bastion.hostKeys } };
  return { connection: await session.link.connection(), userTarget, path: config.bastion?.authorizedKeysFile };
}

async function isAuthorized(bastion: Awaited<ReturnType<typeof bastionOf>>, marker: string): Promise<boolean> {
  const path = bastion.path ? shellQuote(bastion.path) : '"$HOME/.ssh/authorized_keys"';
  const found = await bastion.connection.run(`grep -qF ${shellQuote(`fairlead:${marker}`)} ${path}`);
  return found.code === 0;
}

function recordPath(site: Site): string {
  return `${site.paths.jobKey}.json`;
}

async function readRecord(site: Site): Promise<KeyRecord | undefined> {
  const read = await site.host.runner.run([
    'sh',
    '-c',
    'test -s "$1" && cat "$2"',
    'sh',
    site.paths.jobKey,
    recordPath(site),
  ]);
  const decoded = decodeText(keyRecord, read.stdout);
  return read.code === 0 && decoded.ok ? decoded.value : undefined;
}

async function writeRecord(site: Site, record: KeyRecord): Promise<void> {
  await site.host.upload(Buffer.from(`${JSON.stringify(record)}\n`), recordPath(site), { mode: 0o600 });
}
