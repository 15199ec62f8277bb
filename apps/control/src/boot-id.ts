// Which start of the machine this is: the kernel's own id.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** `none` where the system gives no such id. */
export async function readBootId(platform: NodeJS.Platform): Promise<string> {
  if (platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  if (platform !== 'darwin') return 'none';
  const { stdout } = await promisify(execFile)('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']);
  return stdout.trim();
}
