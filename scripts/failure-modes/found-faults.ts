// The faults that reviews found, in the order of their numbers.

import type { FoundFault } from './failure-mode.ts';
import { BARE_MACHINE_FAULTS } from './faults/bare-machine.ts';
import { COMMAND_LINE_FAULTS } from './faults/command-line.ts';
import { CONTROL_FAULTS } from './faults/control.ts';
import { ENGINE_FAULTS } from './faults/engine.ts';
import { FRONT_FAULTS } from './faults/front.ts';
import { KEYS_FAULTS } from './faults/keys.ts';
import { LIVENESS_FAULTS } from './faults/liveness.ts';
import { ROUTES_FAULTS } from './faults/routes.ts';
import { SLURM_FAULTS } from './faults/slurm.ts';
import { SSH_FAULTS } from './faults/ssh.ts';

export const FOUND_FAULTS: readonly FoundFault[] = [
  ...BARE_MACHINE_FAULTS,
  ...COMMAND_LINE_FAULTS,
  ...CONTROL_FAULTS,
  ...ENGINE_FAULTS,
  ...FRONT_FAULTS,
  ...KEYS_FAULTS,
  ...LIVENESS_FAULTS,
  ...ROUTES_FAULTS,
  ...SLURM_FAULTS,
  ...SSH_FAULTS,
].toSorted((left, right) => left.finding.localeCompare(right.finding, 'en', { numeric: true }));
