// The failures, in the order in which a user meets them, and the tests that show what the user then sees.

import { typedAndConfiguredChapter } from './chapters/typed-and-configured.ts';
import { waysInChapter } from './chapters/ways-in.ts';
import { bastionChapter } from './chapters/bastion.ts';
import { slurmChapter } from './chapters/slurm.ts';
import { beforeAJobChapter } from './chapters/before-a-job.ts';
import { jobChapter } from './chapters/job.ts';
import { controlChapter } from './chapters/control.ts';
import { gatewayChapter } from './chapters/gateway.ts';
import type { FailureChapter } from './failure-mode.ts';

export const failureChapters: readonly FailureChapter[] = [
  typedAndConfiguredChapter,
  waysInChapter,
  bastionChapter,
  slurmChapter,
  beforeAJobChapter,
  jobChapter,
  controlChapter,
  gatewayChapter,
];
