// Puts one job's files into its directory on the cluster: the script, and the 0600 spec that holds its secrets.

import { join } from 'node:path/posix';

import { encodeText, instanceSpec, type InstanceSpec } from '@fairlead/protocol';

import { jobDirOf } from '../cluster-paths.ts';
import type { Site } from '../site/open-site.ts';

export async function writeJobFiles(
  site: Site,
  files: { instance: string; spec: InstanceSpec; script: string },
  signal: AbortSignal,
): Promise<void> {
  const folder = jobDirOf(site.paths, files.instance);
  await site.host.upload(Buffer.from(`${encodeText(instanceSpec, files.spec)}\n`), join(folder, 'spec.json'), {
    mode: 0o600,
    signal,
  });
  await site.host.upload(Buffer.from(files.script), join(folder, 'job.sh'), { mode: 0o700, signal });
}
