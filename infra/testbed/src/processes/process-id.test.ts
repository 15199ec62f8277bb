import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { initBelow, isSameProcessAlive, killNow, readProcessId } from './process-id.ts';

const onLinux = test.runIf(process.platform === 'linux');

onLinux('a process is known again by its start time, and not after its end', async () => {
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  const id = readProcessId(child.pid!)!;
  expect(isSameProcessAlive(id)).toBe(true);
  expect(isSameProcessAlive({ ...id, startTicks: id.startTicks + 1 })).toBe(false);
  killNow(id);
  await once(child, 'exit');
  expect(isSameProcessAlive(id)).toBe(false);
  expect(readProcessId(child.pid!)).toBeUndefined();
  killNow(id);
});

onLinux('initBelow finds nothing without a pid namespace', async () => {
  const child = spawn('sh', ['-c', 'sh -c "cat; true"; true'], { stdio: 'pipe' });
  // The echo shows that the innermost process runs.
  child.stdin.write('ready\n');
  await once(child.stdout, 'data');
  expect(await initBelow(child.pid!)).toBeUndefined();
  child.stdin.end();
  await once(child, 'exit');
});
