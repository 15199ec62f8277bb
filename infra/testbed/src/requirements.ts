// What the testbed needs of the machine, and the command that installs what is missing.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { accountingPrograms } from './slurm/accounting.ts';
import { TestbedError } from './errors.ts';

const programs: ReadonlyArray<readonly [program: string, debianPackage: string]> = [
  ['slurmctld', 'slurmctld'],
  ['slurmd', 'slurmd'],
  ['sinfo', 'slurm-client'],
  ['munged', 'munge'],
  ['sshd', 'openssh-server'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
  ['nft', 'nftables'],
  ['ip', 'iproute2'],
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['setpriv', 'util-linux'],
];

export const installLine =
  'apt-get install -y --no-install-recommends slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge openssh-server openssh-client nftables iproute2 acl charliecloud';

export const accountingInstallLine =
  'apt-get install -y --no-install-recommends slurmdbd slurm-wlm-mysql-plugin mariadb-server';

export interface MachineFacts {
  platform: string;
  uid: number;
  directories: readonly string[];
}

/** Sentences that say what is missing; empty when the testbed can run here. */
export function findMissing(machine: MachineFacts, wanted: { accounting: boolean } = { accounting: false }): string[] {
  if (machine.platform !== 'linux') return [`the testbed needs Linux namespaces: this is ${machine.platform}`];
  const missing = machine.uid === 0 ? [] : [notRoot];
  const absent = programs.filter(([program]) => !machine.directories.some((each) => isProgram(join(each, program))));
  if (absent.length > 0) {
    const names = absent.map(([program]) => program).join(', ');
    missing.push(`not installed: ${names}. Install with:\n  ${installLine}\n${noDaemons}`);
  }
  if (wanted.accounting) missing.push(...findMissingAccounting(machine));
  return missing;
}

function findMissingAccounting({ directories }: MachineFacts): string[] {
  const absent = accountingPrograms.filter(([program]) => !directories.some((each) => isProgram(join(each, program))));
  if (absent.length === 0) return [];
  return [
    `not installed: ${absent.map(([program]) => program).join(', ')}. Install with:\n  ${accountingInstallLine}\n${noDaemons}`,
  ];
}

const notRoot =
  'the testbed needs root, or a user namespace with 65536 ids: run it with sudo, or (apt-get install uidmap) ' +
  'give yourself ranges in /etc/subuid and /etc/subgid and run it with "npx pnpm@12 testbed"';

const noDaemons =
  "  (To keep apt from starting daemons on this machine, first: printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d)";

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // The file is missing or not executable: this is not the program.
    return false;
  }
}

/** `findMissing` for the machine that this process runs on. */
export function findMissingHere(wanted?: { accounting: boolean }): string[] {
  const machine = { platform: process.platform, uid: process.getuid?.() ?? -1, directories: programDirectories };
  return findMissing(machine, wanted);
}

const programDirectories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

export function requireMachine(wanted?: { accounting: boolean }): void {
  const missing = findMissingHere(wanted);
  if (missing.length > 0) throw new TestbedError('missing', `cannot bring up a testbed here: ${missing.join('; ')}`);
}
