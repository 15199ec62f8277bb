import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { startReaper } from './start-reaper.ts';

const isRoot = process.geteuid?.() === 0;

describe.skipIf(process.platform === 'win32')('The clean-up of the demo', () => {
  it('ends what names its folder, and removes the folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-demo-'));
    const script = join(folder, 'part.sh');
    await writeFile(script, 'echo up; while :; do sleep 1; done\n');
    const part = spawn('sh', [script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(part.stdout, 'data');
    const ended = once(part, 'exit');
    const reaper = await startReaper(folder, process.execPath);
    await reaper.reap();
    expect((await ended)[1]).toBe('SIGTERM');
    await expect(access(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.runIf(isRoot)("leaves another user's process alone that names its folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-demo-'));
    await chmod(folder, 0o755);
    const other = spawn('sh', ['-c', 'echo up; while :; do sleep 1; done', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
      uid: 12_345,
      gid: 12_345,
    });
    await once(other.stdout, 'data');
    try {
      const reaper = await startReaper(folder, process.execPath);
      await reaper.reap();
      await expect(access(folder)).rejects.toMatchObject({ code: 'ENOENT' });
      expect({ code: other.exitCode, signal: other.signalCode }).toEqual({ code: null, signal: null });
    } finally {
      other.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});
