// All targets: every reader of bytes from outside.

import type { FuzzTarget } from './fuzz-target.ts';
import { gatewayAnswerTarget, gatewayRequestTarget } from './gateway-targets.ts';
import { readTargets } from './read-targets.ts';
import { muxResumeTarget, muxTarget } from './mux-target.ts';
import { agentLinkTarget, controlHttpTarget, frontTarget } from './serve-targets.ts';

export const allTargets: readonly FuzzTarget[] = [
  frontTarget,
  muxTarget,
  muxResumeTarget,
  gatewayRequestTarget,
  gatewayAnswerTarget,
  controlHttpTarget,
  agentLinkTarget,
  ...readTargets,
];
