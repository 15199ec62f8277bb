import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope, silentLog } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { openAudit } from './append-audit.ts';

it('the audit file keeps the lines of a disk that fails, in their order, and says so once', async () => {
  await using scope = new Scope();
  const parent = await mkdtemp('/tmp/fa-audit-');
  scope.defer(() => rm(parent, { recursive: true }));
  const path = join(parent, 'job', 'audit.jsonl');
  const failed = Promise.withResolvers<void>();
  const warned: string[] = [];
  const warn = (_fields: object, message?: string) => {
    warned.push(message ?? '');
    failed.resolve();
  };
  const audit = openAudit(path, { ...silentLog, warn });
  audit.append({ kind: 'one' });
  await failed.promise;
  audit.append({ kind: 'two' });
  await mkdir(join(parent, 'job'));
  audit.append({ kind: 'three' });
  await audit[Symbol.asyncDispose]();
  expect(await readFile(path, 'utf8')).toBe('{"kind":"one"}\n{"kind":"two"}\n{"kind":"three"}\n');
  expect(warned).toEqual(['cannot write the audit file']);
});
