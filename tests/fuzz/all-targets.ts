// Everything that takes bytes from outside.

import type { FuzzTarget } from './fuzz-target.ts';
import { READ_TARGETS } from './read-targets.ts';
import { AGENT_LINK_TARGET, CONTROL_HTTP_TARGET, FRONT_TARGET } from './serve-targets.ts';

export const ALL_TARGETS: readonly FuzzTarget[] = [
  FRONT_TARGET,
  CONTROL_HTTP_TARGET,
  AGENT_LINK_TARGET,
  ...READ_TARGETS,
];
