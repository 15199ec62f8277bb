import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { silentLog } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { parseSharedMemory, removeSharedMemory, sharedMemoryOf } from './shared-memory.ts';

const hasSharedMemory = process.platform === 'linux';

it('parseSharedMemory finds what an engine has made, and no file of a user', () => {
  const maps = [
    '7f0000000000-7f0000001000 rw-s 00000000 00:1b 12  /dev/shm/psm_ff74ca72',
    '7f0000001000-7f0000002000 rw-s 00001000 00:1b 12  /dev/shm/psm_ff74ca72',
    '7f0000002000-7f0000003000 rw-s 00000000 00:1b 13  /dev/shm/sem.mp-pwixnchd',
    '7f0000003000-7f0000004000 rw-s 00000000 00:1b 14  /dev/shm/nccl-AbC123',
    '7f0000004000-7f0000005000 r--s 00000000 00:1b 15  /dev/shm/weights/model.safetensors',
    '7f0000005000-7f0000006000 r--s 00000000 00:1b 16  /dev/shm/my-model.safetensors',
    '7f0000006000-7f0000007000 rw-s 00000000 00:1b 17  /dev/shm/psm_00000000 (deleted)',
    '7f0000007000-7f0000008000 rw-p 00000000 00:00 0   [heap]',
  ].join('\n');
  expect(parseSharedMemory(maps)).toEqual([
    '/dev/shm/psm_ff74ca72',
    '/dev/shm/sem.mp-pwixnchd',
    '/dev/shm/nccl-AbC123',
  ]);
});

it.skipIf(!hasSharedMemory)(
  'sharedMemoryOf reads what a living process maps, and nothing of one that is gone',
  async () => {
    const path = `/dev/shm/psm_fltest${process.pid}`;
    await copyFile('/bin/sleep', path);
    try {
      const child = spawn(path, ['60'], { stdio: 'ignore' });
      const started = await once(child, 'spawn').then(
        () => true,
        // A system that runs no programs from there.
        () => false,
      );
      if (!started) return;
      await expect.poll(() => sharedMemoryOf([child.pid ?? 0])).toEqual([path]);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await sharedMemoryOf([child.pid ?? 0])).toEqual([]);
    } finally {
      await rm(path, { force: true });
    }
  },
);

it.skipIf(!hasSharedMemory)('removeSharedMemory removes what is there', async () => {
  const name = `psm_flremove${process.pid}`;
  await writeFile(`/dev/shm/${name}`, '');
  await removeSharedMemory([`/dev/shm/${name}`, '/dev/shm/psm_nowhere'], silentLog);
  expect(await readdir('/dev/shm')).not.toContain(name);
});
