// Which processes belong to a world: their command line names its folder.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ProcessSeen {
  pid: number;
  args: string;
}

/** All processes of this machine whose command line holds `folder`, this one left out. */
export async function processesOf(folder: string): Promise<ProcessSeen[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,args='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, args = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return args.includes(folder) && Number(pid) !== process.pid ? [{ pid: Number(pid), args }] : [];
  });
}
