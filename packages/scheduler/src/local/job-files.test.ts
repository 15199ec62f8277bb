import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobFiles, type LocalJobRecord, readJobSpec, readRecord, writeRecord } from './job-files.ts';

let dir: string;
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'fl-job-files-'))));
afterAll(() => rm(dir, { recursive: true }));

const record: LocalJobRecord = {
  version: 1,
  state: 'RUNNING',
  reason: 'None',
  runner: { pid: 7, started: 'boot:1' },
  startMs: 5,
};

describe('The record of a local job', () => {
  it('is read back as it was written, without fields that it does not have', async () => {
    await writeRecord(dir, { ...record, token: 'not for a file' } as LocalJobRecord);
    expect(await readRecord(dir)).toEqual(record);
    expect(await readFile(jobFiles.record(dir), 'utf8')).not.toContain('not for a file');
  });

  it('is refused by the name of the field that is damaged', async () => {
    await writeFile(jobFiles.record(dir), JSON.stringify({ ...record, runner: { pid: 'seven', started: '' } }));
    await expect(readRecord(dir)).rejects.toThrow(/record\.json because its field runner\.pid is damaged/);
  });

  it('is refused by its path where it was cut', async () => {
    await writeFile(jobFiles.record(dir), JSON.stringify(record).slice(0, 20));
    await expect(readRecord(dir)).rejects.toThrow(/cannot read .*record\.json because it is damaged: /);
  });

  it('is refused where another version wrote it', async () => {
    await writeFile(jobFiles.record(dir), JSON.stringify({ ...record, version: 2 }));
    await expect(readRecord(dir)).rejects.toThrow(/another version of the program wrote it/);
  });
});

it('The spec of a local job is undefined before it is written', async () => {
  expect(await readJobSpec(dir)).toBeUndefined();
});
