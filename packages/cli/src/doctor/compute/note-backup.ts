// The backup of authorized_keys that an edit leaves: doctor removes it where there was none before.

import type { Host } from '@fairlead/launch';

const backupScript = `
path=\${1:-$HOME/.ssh/authorized_keys}
path=$(readlink -f "$path" 2>/dev/null || echo "$path")
backup=$path.fairlead-backup
[ -e "$backup" ] || echo "$backup"
`;

export async function noteBackup(
  host: Host,
  authorizedKeys: string | undefined,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const asked = await host.runner.run(['sh', '-c', backupScript, 'sh', authorizedKeys ?? ''], { signal });
  const missing = asked.stdout.trim();
  return async () => {
    if (missing !== '') await host.runner.run(['rm', '-f', '--', missing]);
  };
}
