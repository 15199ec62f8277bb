// Started beside the demo, in a session of its own: when the demo is gone, however it ended, this ends what is left of it and removes its folder.
// A program of its own: `reaper.ts <folder>`; the end of its standard input is the end of the demo.

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const rounds = 40;
/** Processes get this many rounds to end by themselves after SIGTERM. */
const patience = 20;
const roundMs = 50;

const run = promisify(execFile);

/** Pids of this user's processes whose command line names the folder; another user may name it too, as in `less <folder>/…`. */
async function processesOf(folder: string): Promise<number[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,uid=,args='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .flatMap((line) => {
      const [pid = 0, uid] = line.trim().split(/\s+/, 2).map(Number);
      return pid > 1 && pid !== process.pid && uid === process.geteuid?.() ? [pid] : [];
    });
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the listing and here, or its number is another user's by now.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

async function reap(folder: string): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const pids = await processesOf(folder);
    if (pids.length === 0) break;
    if (round === 0) for (const pid of pids) kill(pid, 'SIGTERM');
    if (round >= patience) for (const pid of pids) kill(pid, 'SIGKILL');
    await delay(roundMs);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

const folder = process.argv[2];
// The folder is removed with all that is in it: only one that the demo made is taken.
if (folder && /\/fl-demo-[A-Za-z0-9]+$/.test(folder)) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdin.resume();
  process.stdin.on('error', () => process.stdin.destroy());
  process.stdin.on('close', () => {
    reap(folder).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  process.stdout.write('ready\n');
}
