// Writes the common files of all hosts' /etc: users, names, keys and Slurm's configuration.

import { randomBytes } from 'node:crypto';
import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { slurmdbdConf } from '../slurm/accounting.ts';
import { knownAddress, nodesOf, type PlannedHost, type Plan } from '../plan.ts';
import { putDirectory, putFile } from '../put.ts';
import { mustRun } from '../processes/run-command.ts';
import { cgroupConf, gresConf, slurmConf, type ProcessTracking } from '../slurm/slurm-conf.ts';
import { sshdConfig } from '../hosts/sshd-config.ts';
import { users } from './users.ts';

export interface EtcOptions {
  tracking: ProcessTracking;
  accounting: boolean;
}

export async function writeEtcTree(etc: string, plan: Plan, { tracking, accounting }: EtcOptions): Promise<void> {
  for (const directory of ['', 'slurm', 'ssh']) putDirectory(join(etc, directory), 0o755);
  writePeople(etc);
  putFile(join(etc, 'hosts'), hostsFile(plan), 0o644);
  // No name server: a lookup of an unknown name fails at once.
  putFile(join(etc, 'resolv.conf'), '', 0o644);
  putFile(join(etc, 'nsswitch.conf'), 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n', 0o644);
  const nodes = nodesOf(plan).length;
  putFile(join(etc, 'slurm', 'slurm.conf'), slurmConf({ nodes, tracking, accounting }), 0o644);
  if (accounting) await writeSlurmdbdConf(join(etc, 'slurm', 'slurmdbd.conf'));
  putFile(join(etc, 'slurm', 'gres.conf'), gresConf(nodes), 0o644);
  putFile(join(etc, 'slurm', 'cgroup.conf'), cgroupConf(tracking), 0o644);
  putFile(join(etc, 'ssh', 'sshd_config'), sshdConfig, 0o644);
  await Promise.all([writeMungeKey(etc), ...sshHosts(plan).map((name) => writeKey(hostKeyPath(etc, name), name))]);
}

/** The names of the host keys. The login hosts share one, as hosts behind one name do. */
export function sshHosts(plan: Plan): string[] {
  return [...new Set(plan.hosts.flatMap((host) => hostKeyName(host) ?? []))];
}

export function hostKeyName({ role }: PlannedHost): string | undefined {
  return role === 'bastion' || role === 'login' ? role : undefined;
}

export function hostKeyPath(etc: string, name: string): string {
  return join(etc, 'ssh', `host_key_${name}`);
}

export async function writeKey(path: string, comment: string): Promise<void> {
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}

function hostsFile(plan: Plan): string {
  const lines = plan.hosts.flatMap((host) =>
    host.interfaces.map((each) => `${knownAddress(plan, host, each)} ${each.names.join(' ')}`),
  );
  return ['127.0.0.1 localhost', ...lines, ''].join('\n');
}

/** The machine's own accounts (Slurm's and munge's are among them) and the two people. */
function writePeople(etc: string): void {
  const passwd = users.map(({ name, uid }) => `${name}:x:${uid}:${uid}:${name}:/home/${name}:/bin/bash\n`).join('');
  const group = users.map(({ name, uid }) => `${name}:x:${uid}:\n`).join('');
  const shadow = ['root', ...users.map(({ name }) => name)].map((name) => `${name}:*:19000:0:99999:7:::\n`).join('');
  putFile(join(etc, 'passwd'), readFileSync('/etc/passwd', 'utf8') + passwd, 0o644);
  putFile(join(etc, 'group'), readFileSync('/etc/group', 'utf8') + group, 0o644);
  putFile(join(etc, 'shadow'), shadow, 0o600);
}

/** slurmdbd refuses to start while another user may read this file. */
async function writeSlurmdbdConf(path: string): Promise<void> {
  putFile(path, slurmdbdConf, 0o600);
  chownSync(path, Number(await mustRun(['id', '-u', 'slurm'])), Number(await mustRun(['id', '-g', 'slurm'])));
}

async function writeMungeKey(etc: string): Promise<void> {
  const uid = Number(await mustRun(['id', '-u', 'munge']));
  const gid = Number(await mustRun(['id', '-g', 'munge']));
  const directory = join(etc, 'munge');
  putDirectory(directory, 0o700);
  putFile(join(directory, 'munge.key'), randomBytes(128), 0o400);
  for (const path of [directory, join(directory, 'munge.key')]) chownSync(path, uid, gid);
}
