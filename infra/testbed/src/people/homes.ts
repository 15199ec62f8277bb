// Writes the users' homes: on the laptop a key, the known hosts and Fairlead's configuration; elsewhere authorized_keys.

import { chownSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostKeyName, hostKeyPath, writeKey } from './etc-tree.ts';
import { laptopConfig } from './laptop-config.ts';
import { knownAddress, type Plan } from '../plan.ts';
import { putDirectory, putFile } from '../put.ts';
import { users, type User } from './users.ts';

/** Write `etc` first: this reads the host keys from it. Other users may traverse homes, as on most clusters. */
export async function writeHomes(homes: string, etc: string, plan: Plan): Promise<void> {
  const trees = [...new Set(plan.hosts.map((host) => host.home))];
  for (const tree of ['', ...trees]) putDirectory(join(homes, tree), 0o755);
  await Promise.all(users.map((user) => writeHomesOf(user, homes, etc, plan, trees)));
}

async function writeHomesOf(
  user: User,
  homes: string,
  etc: string,
  plan: Plan,
  trees: readonly string[],
): Promise<void> {
  for (const tree of trees) {
    putDirectory(join(homes, tree, user.name), 0o711);
    putDirectory(join(homes, tree, user.name, '.ssh'), 0o700);
  }
  const laptop = join(homes, 'laptop', user.name);
  await writeKey(join(laptop, '.ssh', 'id_ed25519'), `${user.name}@laptop`);
  putFile(join(laptop, '.ssh', 'known_hosts'), knownHosts(etc, plan), 0o600);
  for (const directory of ['.config', '.config/fairlead']) putDirectory(join(laptop, directory), 0o700);
  putFile(join(laptop, '.config', 'fairlead', 'config.yaml'), laptopConfig(plan.profile, user.name), 0o600);
  const publicKey = readFileSync(join(laptop, '.ssh', 'id_ed25519.pub'));
  for (const tree of trees) {
    if (tree !== 'laptop') putFile(join(homes, tree, user.name, '.ssh', 'authorized_keys'), publicKey, 0o600);
    giveTo(user, join(homes, tree, user.name));
  }
}

function knownHosts(etc: string, plan: Plan): string {
  const lines = plan.hosts.flatMap((host) => {
    const key = hostKeyName(host);
    if (key === undefined) return [];
    const [type, base64] = readFileSync(`${hostKeyPath(etc, key)}.pub`, 'utf8').split(' ');
    const outside = host.interfaces[0]!;
    return [`${[...outside.names, knownAddress(plan, host, outside)].join(',')} ${type} ${base64}`];
  });
  return `${lines.join('\n')}\n`;
}

function giveTo(user: User, home: string): void {
  const entries = readdirSync(home, { recursive: true, encoding: 'utf8' });
  for (const entry of ['', ...entries]) chownSync(join(home, entry), user.uid, user.uid);
}
