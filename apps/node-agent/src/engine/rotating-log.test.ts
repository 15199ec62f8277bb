import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope, silentLog } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { openRotatingLog } from './rotating-log.ts';

async function temporaryDirectory(scope: Scope): Promise<string> {
  const dir = await mkdtemp('/tmp/fa-log-');
  scope.defer(() => rm(dir, { recursive: true }));
  return dir;
}

it('a rotating log stays within its bounds and keeps the newest lines', async () => {
  await using scope = new Scope();
  const path = join(await temporaryDirectory(scope), 'engine.log');
  const log = await openRotatingLog({ path, maxBytes: 1000, log: silentLog });
  for (let line = 0; line < 100; line += 1) {
    log.write(Buffer.from(`${String(line).padStart(99, '.')}\n`));
    await log.written();
  }
  await log[Symbol.asyncDispose]();
  expect((await stat(path)).size).toBeLessThanOrEqual(1000);
  expect((await stat(`${path}.1`)).size).toBeLessThanOrEqual(1000);
  expect(await readFile(path, 'utf8')).toMatch(/\.99\n$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('a rotating log goes on where a former life left off, for its owner alone', async () => {
  await using scope = new Scope();
  const path = join(await temporaryDirectory(scope), 'engine.log');
  await writeFile(path, 'before\n', { mode: 0o644 });
  const log = await openRotatingLog({ path, maxBytes: 1000, log: silentLog });
  log.write(Buffer.from('after\n'));
  await log[Symbol.asyncDispose]();
  expect(await readFile(path, 'utf8')).toBe('before\nafter\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
