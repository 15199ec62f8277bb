import { mkdir, mkdtemp, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope, silentLog } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { openRotatingLog } from './rotating-log.ts';

const asEngineLog = {
  what: 'the engine log',
  noteDropped: (bytes: number) => `[fairlead: ${bytes} bytes dropped]\n`,
};

async function temporaryDirectory(scope: Scope): Promise<string> {
  const dir = await mkdtemp('/tmp/fa-log-');
  scope.defer(() => rm(dir, { recursive: true }));
  return dir;
}

it('a rotating log stays within its bounds and keeps the newest lines', async () => {
  await using scope = new Scope();
  const path = join(await temporaryDirectory(scope), 'engine.log');
  const log = await openRotatingLog({ ...asEngineLog, path, maxBytes: 1000, log: silentLog });
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
  const log = await openRotatingLog({ ...asEngineLog, path, maxBytes: 1000, log: silentLog });
  log.write(Buffer.from('after\n'));
  await log[Symbol.asyncDispose]();
  expect(await readFile(path, 'utf8')).toBe('before\nafter\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('a rotating log begins a new file where its name is missing, whatever took it', async () => {
  await using scope = new Scope();
  const path = join(await temporaryDirectory(scope), 'engine.log');
  await using log = await openRotatingLog({ ...asEngineLog, path, maxBytes: 100, log: silentLog });
  log.write(Buffer.alloc(90, 'a'));
  await log.written();
  await rm(path);
  log.write(Buffer.from(`${'b'.repeat(49)}\n`));
  await log.written();
  log.write(Buffer.from('after\n'));
  await log.written();
  expect(await readFile(path, 'utf8')).toBe(`${'b'.repeat(49)}\nafter\n`);
});

it('a rotating log that cannot be opened counts what it drops, says so once, and goes on when it can be', async () => {
  await using scope = new Scope();
  const path = join(await temporaryDirectory(scope), 'engine.log');
  await mkdir(path);
  const warned: string[] = [];
  const warn = (_fields: object, message?: string) => void warned.push(message ?? '');
  await using log = await openRotatingLog({ ...asEngineLog, path, maxBytes: 1000, log: { ...silentLog, warn } });
  log.write(Buffer.from('lost\n'));
  await log.written();
  await rmdir(path);
  log.write(Buffer.from('kept\n'));
  await log.written();
  expect(await readFile(path, 'utf8')).toBe('[fairlead: 5 bytes dropped]\nkept\n');
  expect(warned).toEqual(['cannot write the engine log']);
});
