// What a directory on a host is good for: does it take files, does it run programs, how much fits, is it local?

import { defined } from '@fairlead/kit';
import type { Host } from '@fairlead/launch';
import { type Answers, askHost, type AskOptions } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';

/** Writes a quarter of a MiB and a small program into the directory, or the nearest that exists, and takes both away. */
export const directoryScript = `
path=$1
at=$path
while [ -n "$at" ] && ! [ -d "$at" ]; do at=\${at%/*}; done
[ -n "$at" ] || at=/
echo "at=$at"
if [ -e "$path" ] && ! [ -d "$path" ]; then echo "isFile=yes"; fi
type=$(stat -f -c %T "$at" 2>/dev/null) || type=$(df -PT "$at" 2>/dev/null | awk 'NR==2{print $2}')
echo "type=$type"
df -Pk "$at" 2>/dev/null | awk 'NR==2{print "freeKb=" $4}'
df -Pi "$at" 2>/dev/null | awk 'NR==2{print "freeInodes=" $4}'
umask 077
probe=$at/.fairlead-doctor-$$
trap 'rm -f "$probe"' EXIT
trap 'exit 1' HUP INT TERM
said=$( { dd if=/dev/zero of="$probe" bs=1024 count=256 && rm -f "$probe" && printf '#!/bin/sh\\nexit 0\\n' >"$probe" && chmod 700 "$probe"; } 2>&1 )
if [ $? -eq 0 ]; then
  echo "write=yes"
  said=$("$probe" 2>&1) && echo "exec=yes" || echo "execError=$(printf %s "$said" | tail -n 1)"
else
  echo "writeError=$(printf %s "$said" | grep -v -e records -e copied | tail -n 1)"
fi
`;

export interface DirectoryFacts {
  path: string;
  /** The directory itself, or the nearest above it that exists. */
  at: string;
  isFile: boolean;
  fsType: string;
  freeKb?: number;
  freeInodes?: number;
  writeError?: string;
  execError?: string;
}

export interface DirectoryNeeds {
  /** What it is, for sentences. */
  what: string;
  /** Where to name another, such as `bastion.stateDir`. */
  setting: string;
  leastKb: number;
  goodKb: number;
  runsPrograms: boolean;
  isLocal: boolean;
}

export async function askDirectory(host: Host, path: string, options: AskOptions): Promise<DirectoryFacts> {
  return readDirectoryFacts(path, await askHost(host, directoryScript, [path], options));
}

export function readDirectoryFacts(path: string, answers: Answers): DirectoryFacts {
  const number = (key: string) => (/^\d+$/.test(answers.get(key) ?? '') ? Number(answers.get(key)) : undefined);
  const freeKb = number('freeKb');
  const freeInodes = number('freeInodes');
  const execError = answers.get('execError');
  return {
    path,
    at: answers.get('at') ?? path,
    isFile: answers.get('isFile') === 'yes',
    fsType: answers.get('type') ?? '',
    ...defined({ freeKb, freeInodes }),
    ...(answers.get('write') === 'yes' ? {} : { writeError: answers.get('writeError') || 'it cannot be written' }),
    ...(execError === undefined ? {} : { execError: execError || 'programs do not start' }),
  };
}

/** File systems that several hosts mount: a unix socket there is no way from one host to another. */
export const sharedFileSystems =
  /nfs|lustre|gpfs|mmfs|beegfs|ceph|panfs|afs|smb|cifs|fuse|9p|wekafs|orangefs|glusterfs/i;

export function judgeDirectory(facts: DirectoryFacts, needs: DirectoryNeeds): Finding {
  const { path, freeKb, freeInodes } = facts;
  const elsewhere = `Make room or mend it, or name another directory in the configuration: ${needs.setting}.`;
  if (facts.isFile) return fail(`${path} is a file, not a directory`, `Remove it, or set ${needs.setting}.`);
  if (facts.writeError !== undefined) return fail(`cannot write in ${facts.at}: ${facts.writeError}`, elsewhere);
  if (needs.runsPrograms && facts.execError !== undefined)
    return fail(
      `programs do not run from ${facts.at} (noexec?): ${facts.execError}`,
      `Name a directory that is not mounted noexec: ${needs.setting}.`,
    );
  if (freeKb !== undefined && freeKb < needs.leastKb)
    return fail(
      `${sizeOf(freeKb)} free in ${facts.at}; ${sizeOf(needs.leastKb)} are needed for ${needs.what}`,
      elsewhere,
    );
  if (freeInodes === 0 && !/btrfs|zfs|tmpfs/.test(facts.fsType))
    return fail(`no more files fit into ${facts.at} (no inodes left)`, elsewhere);
  if (needs.isLocal && sharedFileSystems.test(facts.fsType))
    return fail(
      `${facts.at} is on ${facts.fsType}, which several hosts share: sockets must lie on local disk`,
      `Set ${needs.setting} to a directory of your own on local disk.`,
    );
  const found = `${path}: ${facts.fsType || 'file system unknown'}${freeKb === undefined ? '' : `, ${sizeOf(freeKb)} free`}`;
  if (freeKb !== undefined && freeKb < needs.goodKb)
    return warn(`${found}: that is little for ${needs.what}`, elsewhere);
  return passed(found);
}

export function sizeOf(kb: number): string {
  if (kb < 10_240) return `${kb} KB`;
  if (kb < 10 * 1_048_576) return `${Math.round(kb / 1024)} MB`;
  return `${Math.round(kb / 1_048_576)} GB`;
}
