// Chooses the file for accepted host keys if ssh_config keeps none: with `UserKnownHostsFile /dev/null` (or `none`) each command
// would ask about the same key again. Pure.

import { join } from 'node:path';

/** `kept`: our own file in place of the user's; undefined if the user's files keep keys. */
export function keptKnownHosts(userFiles: readonly string[], home: string): { files: string[]; kept?: string } {
  const files = userFiles.filter((file) => file !== '/dev/null' && file.toLowerCase() !== 'none');
  if (files.length > 0) return { files };
  const kept = join(home, '.ssh', 'known_hosts_fairlead');
  return { files: [kept], kept };
}
