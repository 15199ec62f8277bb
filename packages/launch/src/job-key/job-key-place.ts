// Where the keys lie on a cluster with which its jobs reach one bastion, and what is noted there: the keys themselves, the marker
// and expiry of each, and who uses them. Named by what they open, so that the jobs of two bastions never share a key.

import { createHash } from 'node:crypto';
import { join } from 'node:path/posix';

import type { LaptopProfile } from '@fairlead/protocol';
import { z } from 'zod';

import { decodeText, encodeText } from '@fairlead/protocol';

import type { Site } from '../site/open-site.ts';

export const jobKeyRecord = z.object({
  /** Of the line in authorized_keys, and the name of the key's file: both are removed by it. */
  marker: z.string().regex(/^job-[0-9a-f]+$/),
  expiresMs: z.number(),
  /** `ssh-ed25519 AAAA…` */
  publicKey: z.string(),
  /** The key's whole line, where a person has to put it in place by hand: the key waits for that. */
  byHand: z.string().optional(),
});
export type JobKeyRecord = z.output<typeof jobKeyRecord>;

export interface JobKeys {
  records: JobKeyRecord[];
  /** Ids of instances, and of the doctor's test jobs. */
  users: string[];
}

/** Absolute path on the cluster of the directory with the keys for one bastion. */
export function jobKeyDirOf(
  { paths }: Pick<Site, 'paths'>,
  profile: Pick<LaptopProfile, 'controlCertificate'>,
): string {
  return join(paths.keys, keyDirName(profile));
}

/** Control's certificate stands for the bastion, as in profile and spec: 16 hexadecimal digits of its hash. */
export function keyDirName({ controlCertificate }: Pick<LaptopProfile, 'controlCertificate'>): string {
  return createHash('sha256').update(controlCertificate.replaceAll(/\s/g, '')).digest('hex').slice(0, 16);
}

/** Keys whose file or record is missing are left out. */
export async function readJobKeys(site: Site, dir: string): Promise<JobKeys> {
  const { code, stdout, stderr } = await site.host.runner.run(['sh', '-c', listScript, 'sh', dir]);
  if (code !== 0) throw new Error(`cannot list ${dir} on ${site.host.label}: ${stderr.trim() || `exit ${code}`}`);
  const keys: JobKeys = { records: [], users: [] };
  for (const line of stdout.split('\n')) {
    if (line.startsWith('{')) {
      const decoded = decodeText(jobKeyRecord, line);
      if (decoded.ok) keys.records.push(decoded.value);
    } else if (line !== '') keys.users.push(line);
  }
  return keys;
}

export async function writeJobKeyRecord(site: Site, dir: string, record: JobKeyRecord): Promise<void> {
  await site.host.upload(Buffer.from(`${encodeText(jobKeyRecord, record)}\n`), join(dir, `${record.marker}.json`), {
    mode: 0o600,
  });
}

export async function noteJobKeyUser(site: Site, dir: string, user: string): Promise<void> {
  await site.host.upload(Buffer.from('\n'), join(dir, 'users', user), { mode: 0o600 });
}

export async function forgetJobKeyUsers(site: Site, dir: string, users: readonly string[]): Promise<void> {
  if (users.length > 0)
    await site.host.runner.run(['rm', '-f', '--', ...users.map((user) => join(dir, 'users', user))]);
}

/** A test job whose doctor died in the middle is long over after a day. */
const listScript = `
[ -d "$1" ] || exit 0
find "$1/users" -name 'doctor-*' -mmin +1440 -exec rm -f {} + 2>/dev/null
for record in "$1"/*.json; do
  [ -s "$record" ] && [ -s "\${record%.json}" ] && cat "$record"
done
for user in "$1"/users/*; do
  [ -f "$user" ] && echo "\${user##*/}"
done
:
`;
