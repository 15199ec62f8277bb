// The user's disk quota, as quota(1) prints it, and the judgement on it. Sites without one say nothing.

import type { Host } from '../../host/host.ts';
import { fail, type Finding, ok, warn } from '../check.ts';
import { sizeOf } from '../host/directory.ts';

export interface QuotaRow {
  fileSystem: string;
  usedKb: number;
  /** Absent: none. */
  limitKb?: number;
  files?: { used: number; limit: number };
}

/** `quota -w`: file system, blocks, quota, limit, grace, files, quota, limit, grace; a `*` marks what is over, grace may be missing. */
export function parseQuota(stdout: string): QuotaRow[] {
  return stdout.split('\n').flatMap((line) => {
    const [fileSystem = '', ...words] = line.trim().split(/\s+/);
    const numbers = words.filter((word) => /^\d+\*?$/.test(word)).map((word) => Number.parseInt(word, 10));
    const [usedKb, softKb = 0, hardKb = 0, files, softFiles = 0, hardFiles = 0] = numbers;
    if (usedKb === undefined || numbers.length < 3 || fileSystem === 'Disk') return [];
    const limitKb = softKb || hardKb;
    const most = softFiles || hardFiles;
    return [
      {
        fileSystem,
        usedKb,
        ...(limitKb > 0 ? { limitKb } : {}),
        ...(files !== undefined && most > 0 ? { files: { used: files, limit: most } } : {}),
      },
    ];
  });
}

/** Room for agent and Node, and for the logs of some jobs. */
const LEAST_KB = 204_800;
const GOOD_KB = 1_048_576;
const LEAST_FILES = 100;

export function judgeQuota(rows: readonly QuotaRow[]): Finding {
  const todo = 'Remove files there, ask for more, or set paths.state and paths.runtime to another file system.';
  const limited = rows.filter(({ limitKb, files }) => limitKb !== undefined || files !== undefined);
  if (limited.length === 0) return ok('no quota is set for this account');
  const words = limited.map(({ fileSystem, usedKb, limitKb, files }) =>
    [
      fileSystem,
      limitKb === undefined ? '' : `${sizeOf(usedKb)} of ${sizeOf(limitKb)}`,
      files === undefined ? '' : `${files.used} of ${files.limit} files`,
    ]
      .filter((word) => word !== '')
      .join(' '),
  );
  const leftKb = limited.map(({ usedKb, limitKb }) =>
    limitKb === undefined ? Number.POSITIVE_INFINITY : limitKb - usedKb,
  );
  const leftFiles = limited.map(({ files }) => (files ? files.limit - files.used : Number.POSITIVE_INFINITY));
  const found = words.join('; ');
  if (Math.min(...leftKb) < LEAST_KB || Math.min(...leftFiles) < LEAST_FILES)
    return fail(`quota nearly used up: ${found}`, todo);
  return Math.min(...leftKb) < GOOD_KB ? warn(`little quota left: ${found}`, todo) : ok(found);
}

export async function askQuota(host: Host, signal: AbortSignal): Promise<Finding> {
  const { code, stdout } = await host.runner.run(
    ['sh', '-c', 'command -v quota >/dev/null 2>&1 || exit 127; LC_ALL=C quota -w 2>/dev/null'],
    { timeoutMs: 20_000, signal },
  );
  // quota ends with 1 when something is over its limit, and says so all the same.
  if (code === 127) return ok('the host has no quota command; free space is looked at instead');
  return judgeQuota(parseQuota(stdout));
}
