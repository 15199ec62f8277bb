import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope, silentLog } from '@fairlead/kit';
import { auditLine } from '@fairlead/protocol';
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
  const append = (kind: string) =>
    audit.append({
      at: '2026-01-01T00:00:00.000Z',
      kind,
      message: `${kind} happened`,
      instanceId: 'abcdefgh',
      jobId: '7',
    });
  append('one');
  await failed.promise;
  append('two');
  await mkdir(join(parent, 'job'));
  append('three');
  await audit[Symbol.asyncDispose]();
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => auditLine.parse(JSON.parse(line)).kind)).toEqual(['one', 'two', 'three']);
  expect(warned).toEqual(['cannot write the audit file']);
});
