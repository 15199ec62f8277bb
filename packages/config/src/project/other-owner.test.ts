// The search for a project's configuration by unprivileged users.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

const isRoot = process.geteuid?.() === 0;

it.runIf(isRoot)('A fairlead.yaml counts for the unprivileged user who owns it, and not for another one', async () => {
  const top = await realpath(await mkdtemp(join(tmpdir(), 'fl-project-')));
  onTestFinished(() => rm(top, { recursive: true }));
  const mine = join(top, 'mine');
  const home = join(top, 'home');
  await mkdir(mine);
  await mkdir(home);
  await chmod(top, 0o755);
  await writeFile(join(mine, 'fairlead.yaml'), 'defaultCluster: hpc\n', { mode: 0o644 });
  execFileSync('chown', ['-R', '12345:12345', mine]);
  const entry = new URL('./find-project-config.ts', import.meta.url).href;
  const callers = new URL('./caller.ts', import.meta.url).href;
  const code = `const { findProjectConfig } = await import('${entry}'); const { readCaller } = await import('${callers}');
    const found = await findProjectConfig({ cwd: '${mine}', home: '${home}', trusted: new Map(), caller: await readCaller({}) });
    console.log(found.file?.standing ?? found.refused[0].why);`;
  // Only root may be able to read the sources, so the process becomes the other user after it has loaded them.
  const as = (uid: number) =>
    execFileSync(process.execPath, [
      '--conditions=fairlead-source',
      '--input-type=module',
      '-e',
      code.replace('const found', `process.seteuid(${uid}); const found`),
    ]).toString();
  expect(as(12_345)).toBe('own\n');
  expect(as(12_346)).toContain('belongs to another user (uid 12345)');
});
