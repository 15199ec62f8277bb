// The process that watches over one local job and outlives the process that submitted it: `local-runner fairlead-local-runner DIR`.
// Says "accepted" on stdout once orders can be taken; its record in DIR says the rest.

import { writeSync } from 'node:fs';
import { runLocalJob } from './run-local-job.ts';

const jobDir = process.argv.at(-1) ?? '';

await runLocalJob(jobDir, () => {
  try {
    writeSync(1, 'accepted\n');
  } catch (error) {
    // EPIPE: the process that submitted the job is gone. The job stays.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
});
process.exit(0);
