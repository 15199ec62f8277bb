// What a check is and what it finds. Data; run-checks.ts runs them.

import type { Inspection } from './inspection.ts';

export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Finding {
  status: CheckStatus;
  /** Where what was tried is only known afterwards; else the check's own words. */
  tried?: string;
  found: string;
  /** What to do about it, for a person. */
  todo?: string;
  /** What each of several routes answered, for programs. */
  routes?: RouteReport[];
}

/** One route to the bastion, step by step. A step that was not reached is absent. */
export interface RouteReport {
  name: string;
  addresses?: string[];
  /** `OpenSSH_9.2p1`: what answers at the port. */
  banner?: string;
  hostKey?: string;
  loggedIn?: boolean;
  mayForward?: boolean;
  /** Whether it is the one that this run uses. */
  taken: boolean;
  /** Where it ended, and why. */
  failure?: { code: string; message: string; hint?: string };
}

export interface Check {
  /** `group.what`; stable, for programs. */
  id: string;
  title: string;
  tried: string;
  /** Ids of checks without which this one has nothing to look at. */
  needs?: readonly string[];
  /** Default 45 s. */
  limitMs?: number;
  /** How long it may take to remove its traces once it is told to end. Default 0. */
  tidyMs?: number;
  /** What to do where it fails with an error that does not say. */
  cure?: string;
  /** What it throws is what it found. */
  run(inspection: Inspection, signal: AbortSignal): Promise<Finding> | Finding;
}

export interface CheckResult extends Finding {
  id: string;
  title: string;
  tried: string;
  /** Id of the check without which it was skipped. */
  lacks?: string;
}

export function passed(found: string): Finding {
  return { status: 'ok', found };
}

export function warn(found: string, todo: string): Finding {
  return { status: 'warn', found, todo };
}

export function fail(found: string, todo: string): Finding {
  return { status: 'fail', found, todo };
}

export function skipped(found: string): Finding {
  return { status: 'skipped', found };
}
