// The faults that reviews found, in the order of their numbers.

import type { FoundFault } from './failure-mode.ts';
import { bareMachineFaults } from './faults/bare-machine.ts';
import { commandLineFaults } from './faults/command-line.ts';
import { controlFaults } from './faults/control.ts';
import { engineFaults } from './faults/engine.ts';
import { frontFaults } from './faults/front.ts';
import { keysFaults } from './faults/keys.ts';
import { livenessFaults } from './faults/liveness.ts';
import { routesFaults } from './faults/routes.ts';
import { slurmFaults } from './faults/slurm.ts';
import { sshFaults } from './faults/ssh.ts';

export const foundFaults: readonly FoundFault[] = [
  ...bareMachineFaults,
  ...commandLineFaults,
  ...controlFaults,
  ...engineFaults,
  ...frontFaults,
  ...keysFaults,
  ...livenessFaults,
  ...routesFaults,
  ...slurmFaults,
  ...sshFaults,
].toSorted((left, right) => left.finding.localeCompare(right.finding, 'en', { numeric: true }));
