// The user's disk quota, as quota(1) prints it, and the judgement on it. Sites without one say nothing.

import type { RunResult } from '@fairlead/scheduler';

import type { Host } from '@fairlead/launch';
import { fail, type Finding, passed, warn } from '../check.ts';
import { sizeOf } from '../host/directory.ts';

export interface QuotaRow {
  fileSystem: string;
  usedKb: number;
  /** Absent: none. */
  limitKb?: number;
  files?: { used: number; limit: number };
}

/**
 * `quota -w`: file system, blocks, quota, limit, grace, files, quota, limit, grace; a `*` marks what is over, grace may be
 * missing. Blocks are KiB, or as their unit says (`quota -s`): a unit is believed below the head of that table alone.
 */
export function parseQuota(stdout: string): QuotaRow[] {
  let hasHead = false;
  return stdout.split('\n').flatMap((line) => {
    hasHead ||= /filesystem/i.test(line) && /\b(blocks|space)\b/i.test(line) && /\blimit\b/i.test(line);
    const [fileSystem = '', ...words] = line.trim().split(/\s+/);
    if (fileSystem === 'Disk' || /[│┃|]/.test(line)) return [];
    const numbers = numbersOf(words, hasHead);
    const [usedKb, softKb = 0, hardKb = 0, files, softFiles = 0, hardFiles = 0] = numbers;
    if (usedKb === undefined || numbers.length < 3) return [];
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

/** Blocks in KiB, then files. None where a unit stands without the head that says what the columns are. */
function numbersOf(words: readonly string[], hasHead: boolean): number[] {
  const numbers = words.flatMap((word) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGTP]?)i?B?\*?$/i.exec(word) ?? [];
    return number === undefined ? [] : [{ value: Number(number), unit: unit.toUpperCase() }];
  });
  if (!hasHead && numbers.some(({ unit }) => unit !== '')) return [];
  return numbers.map(({ value, unit }, at) => Math.round(value * factorOf(unit, at < 3)));
}

function factorOf(unit: string, isSize: boolean): number {
  const power = 'KMGTP'.indexOf(unit);
  if (unit === '' || power === -1) return 1;
  return isSize ? 1024 ** power : 1000 ** (power + 1);
}

/** Room for agent and Node, and for the logs of some jobs. */
const minKb = 204_800;
const goodKb = 1_048_576;
const minFiles = 100;

export function judgeQuota(rows: readonly QuotaRow[]): Finding {
  const todo = 'Remove files there, ask for more, or set paths.state and paths.runtime to another file system.';
  const limited = rows.filter(({ limitKb, files }) => limitKb !== undefined || files !== undefined);
  if (limited.length === 0) return passed('no quota is set for this account');
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
  if (Math.min(...leftKb) < minKb || Math.min(...leftFiles) < minFiles)
    return fail(`quota nearly used up: ${found}`, todo);
  return Math.min(...leftKb) < goodKb ? warn(`little quota left: ${found}`, todo) : passed(found);
}

export type QuotaRead =
  | { kind: 'rows'; rows: QuotaRow[] }
  | { kind: 'none' }
  /** A site's own program under the name quota, or one that could not get an answer. */
  | { kind: 'unreadable'; says: string };

/** Pure. "Could not read" is never reported as "no quota is set". */
export function readQuota({ code, stdout, stderr }: RunResult): QuotaRead {
  const rows = parseQuota(stdout);
  if (rows.length > 0) return { kind: 'rows', rows };
  if (/quotas? for .*:\s*none\b/i.test(stdout)) return { kind: 'none' };
  const said = `${stdout}\n${stderr}`
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/[^\p{L}\p{N}\p{P} ]/gu, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => /[\p{L}\d]/u.test(line));
  if (code === 0 && said.length === 0) return { kind: 'none' };
  const says = said.slice(0, 6).join('; ').slice(0, 300);
  return { kind: 'unreadable', says: says || (code === null ? 'it did not answer' : `it ended with code ${code}`) };
}

export async function askQuota(host: Host, signal: AbortSignal): Promise<Finding> {
  const ask = (script: string) => host.runner.run(['sh', '-c', script], { timeoutMs: 20_000, signal });
  // quota ends with 1 when something is over its limit, and says so all the same.
  const usual = await ask('command -v quota >/dev/null 2>&1 || exit 127; LC_ALL=C quota -w </dev/null');
  if (usual.code === 127) return passed('the host has no quota command; free space is looked at instead');
  const first = readQuota(usual);
  // A site's own program may take other options, or none.
  const read = first.kind === 'unreadable' ? readQuota(await ask('LC_ALL=C quota </dev/null')) : first;
  return judgeRead(read);
}

export function judgeRead(read: QuotaRead): Finding {
  if (read.kind === 'rows') return judgeQuota(read.rows);
  if (read.kind === 'none') return judgeQuota([]);
  return warn(
    `could not read the quota: the quota command of this host says "${read.says}"`,
    'Run quota there and see whether a GB is left where paths.state and paths.runtime are; free space is looked at besides.',
  );
}
