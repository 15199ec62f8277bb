// Slurm's commands as sh scripts in a directory of their own, for what a real Slurm does not say of itself: a site's words
// around it. The scripts keep jobs and calls as files beside them. For tests.

import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';

export interface StubSlurm extends AsyncDisposable {
  binDir: string;
  /** Writes one command; `$dir` is the directory, `$name` the job's name where sbatch is given one. */
  script(program: string, body: string): Promise<void>;
  /** How often a program was run, and with what. */
  calls(program: string): Promise<string[]>;
}

const prologue = `#!/bin/sh
dir=\${0%/*}
echo "$*" >>"$dir/calls-\${0##*/}"
name= shown=
for word; do
  case $word in
    --job-name=* | --name=*) name=\${word#*=} ;;
    -a | --all) shown=all ;;
  esac
done
take() { echo "$1|PENDING|Priority||N/A|N/A|1795231749|gpu|$name" >>"$dir/jobs/queue"; }
`;

/** A queue that lists what `take ID` put there, and records of which there are none. */
const squeue = 'cat "$dir/jobs/queue" 2>/dev/null; exit 0';
const sacct = 'echo "Slurm accounting storage is disabled" >&2; exit 1';
const scontrol = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1';

export async function openStubSlurm(scripts: Record<string, string> = {}): Promise<StubSlurm> {
  const binDir = await mkdtemp(join(tmpdir(), 'fl-slurm-'));
  await mkdir(join(binDir, 'jobs'));
  const script = async (program: string, body: string) => {
    await writeFile(join(binDir, program), `${prologue}${body}\n`);
    await chmod(join(binDir, program), 0o755);
  };
  const all = { squeue, sacct, scontrol, scancel: 'exit 0', ...scripts };
  for (const [program, body] of Object.entries(all)) await script(program, body);
  return {
    binDir,
    script,
    async calls(program) {
      const text = await readFile(join(binDir, `calls-${program}`), 'utf8').catch((error: unknown) => {
        // It was never called.
        if (errnoOf(error) !== 'ENOENT') throw error;
        return '';
      });
      return text.split('\n').filter((line) => line !== '');
    },
    [Symbol.asyncDispose]: () => rm(binDir, { recursive: true, force: true }),
  };
}
