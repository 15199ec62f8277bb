// Where accepted host keys go when ssh_config keeps none: with `UserKnownHostsFile /dev/null` (or `none`) a key that a
// person accepted would be forgotten, and asked about at each command. Pure.

import { join } from 'node:path';

/** `kept`: the file of ours that takes their place; undefined where the user's own do. */
export function keptKnownHosts(userFiles: readonly string[], home: string): { files: string[]; kept?: string } {
  const files = userFiles.filter((file) => file !== '/dev/null' && file.toLowerCase() !== 'none');
  if (files.length > 0) return { files };
  const kept = join(home, '.ssh', 'known_hosts_fairlead');
  return { files: [kept], kept };
}
