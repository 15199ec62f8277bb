// What lies beside a job's key on the cluster: which lines in authorized_keys are its.

import { decodeText } from '@fairlead/protocol';
import { z } from 'zod';

import type { Site } from '../site/open-site.ts';

const keyRecord = z.object({
  marker: z.string(),
  expiresMs: z.number(),
  previous: z.array(z.string()).default([]),
  /** The key's whole line, where somebody else has to put it in place: the key waits for that. */
  byHand: z.string().optional(),
});
export type KeyRecord = z.output<typeof keyRecord>;

export function recordPath({ paths }: Site): string {
  return `${paths.jobKey}.json`;
}

/** Undefined where the key or its record is missing. */
export async function readRecord(site: Site): Promise<KeyRecord | undefined> {
  const script = 'test -s "$1" && cat "$2"';
  const read = await site.host.runner.run(['sh', '-c', script, 'sh', site.paths.jobKey, recordPath(site)]);
  const decoded = decodeText(keyRecord, read.stdout);
  return read.code === 0 && decoded.ok ? decoded.value : undefined;
}

export async function writeRecord(site: Site, record: KeyRecord): Promise<void> {
  await site.host.upload(Buffer.from(`${JSON.stringify(record)}\n`), recordPath(site), { mode: 0o600 });
}
