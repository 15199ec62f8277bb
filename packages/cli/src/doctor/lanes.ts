// Which checks there are for a site, in what order, and which may run side by side.

import { bastionChecks } from './bastion/bastion-checks.ts';
import type { Check } from './check.ts';
import { computeChecks } from './compute/compute-checks.ts';
import { engineChecks } from './engine/engine-checks.ts';
import { loginChecks } from './login/login-checks.ts';
import { slurmChecks } from './slurm/slurm-checks.ts';

export interface SiteKind {
  isLocal: boolean;
  /** Whether this machine has more than one route to the bastion. */
  hasRoutes: boolean;
  waitSeconds: number;
}

/** After those of the laptop: stages, each of lanes. */
export function lanesFor({ isLocal, hasRoutes, waitSeconds }: SiteKind): Check[][][] {
  const cluster = isLocal
    ? [...loginChecks(true), ...engineChecks(['laptop.cluster'])]
    : [...loginChecks(false), ...slurmChecks(), ...engineChecks(['login.shell'])];
  return [[bastionChecks(hasRoutes), cluster], [computeChecks(isLocal, waitSeconds)]];
}
