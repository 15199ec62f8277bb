import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocalRunner } from '../command-runner.ts';
import { sbatchCommand, squeueByIdCommand } from './slurm-commands.ts';

test('commands run without the variables of a surrounding job, but with those that say which cluster', async () => {
  const binDir = await mkdtemp(join(tmpdir(), 'fl bin '));
  try {
    const print = '#!/bin/sh\nenv\necho "umask $(umask)"\nprintf "<%s>" "$@"\n';
    for (const name of ['sbatch', 'squeue']) await writeFile(join(binDir, name), print, { mode: 0o755 });
    const outer = {
      SLURM_GPUS: '1',
      SBATCH_PARTITION: 'nope',
      SQUEUE_FORMAT: '%i',
      SACCT_FORMAT: 'x',
      PMI_RANK: '0',
      SLURM_CONF: '/etc/own.conf',
      SLURM_JWT: 'token',
      ODD: 'a\nSLURM_X=1 2\nb',
      KEPT: 'yes',
    };
    const runner = createLocalRunner();
    const job = { name: 'fl-x', scriptPath: "/it's here/job.sh", workDir: '/w d' };
    const submitted = await runner.run(sbatchCommand({ binDir }, job), { env: outer });
    expect(submitted.stdout).toContain("<--parsable><--job-name=fl-x><--chdir=/w d></it's here/job.sh>");
    expect(submitted.stdout).toMatch(/umask 0?077/);
    expect(submitted.stdout).toContain('KEPT=yes');
    expect(submitted.stdout).not.toMatch(/^(SLURM_GPUS|SBATCH_|SQUEUE_|SACCT_|PMI_|SLURM_TIME_FORMAT)/m);
    const asked = await runner.run(squeueByIdCommand({ binDir }, ['1']), { env: outer });
    expect(asked.stdout).toMatch(/^SLURM_TIME_FORMAT=%s$/m);
    expect(asked.stdout).toMatch(/^SLURM_CONF=\/etc\/own\.conf$/m);
    expect(asked.stdout).toMatch(/^SLURM_JWT=token$/m);
  } finally {
    await rm(binDir, { recursive: true });
  }
});
