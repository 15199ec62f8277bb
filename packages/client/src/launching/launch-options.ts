// What the launching calls of the SDK have in common: the user's configuration, and this machine as packages/launch takes it.

import { homedir } from 'node:os';

import type { ConfigPlace, FairleadConfig } from '@fairlead/config';
import { silentLog, systemClock, systemRandom } from '@fairlead/kit';
import type { LaunchDeps, LocalMachine } from '@fairlead/launch';

import { cacheDir } from './cache-dir.ts';
import { openSession, type Session, type SessionOptions } from '../control/open-session.ts';
import { profilePath } from '../bastion/profile.ts';

export interface LaunchOptions extends SessionOptions {
  /** A file that stands for the user's configuration and the project's. Absent: `$FAIRLEAD_CONFIG`, else both, as for the CLI. */
  config?: string;
  /** Where the search for the project's `fairlead.yaml` begins. Absent: the working directory. */
  cwd?: string;
  signal?: AbortSignal;
}

/** Programs that only connect do not load it. */
export function loadLaunching() {
  return import('@fairlead/launch');
}

export function configPlace(options: LaunchOptions, warn: (text: string) => void): ConfigPlace {
  const { env, home } = accountOf(options);
  const file = options.config ?? (env['FAIRLEAD_CONFIG'] || undefined);
  return { env, home, cwd: options.cwd ?? process.cwd(), file, warn };
}

export function launchDeps(options: LaunchOptions, config: FairleadConfig): LaunchDeps {
  const machine = machineOf(options);
  return { machine, config, openSession: () => openOwnSession(options, config, machine) };
}

/** Throws `profile_mismatch` where profile and configuration name different bastions: the job would go to one and this program would wait at the other. */
async function openOwnSession(options: LaunchOptions, config: FairleadConfig, machine: LocalMachine): Promise<Session> {
  const session = await openSession(options);
  try {
    if (!config.bastion) return session;
    const { compareWithProfile, otherBastion } = await import('@fairlead/launch/login');
    const comparison = await compareWithProfile(config.bastion, session.link.profile, machine);
    if (comparison.kind !== 'other') return session;
    throw otherBastion(comparison.differences, options.profile ?? profilePath(machine.env, machine.home));
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function machineOf(options: LaunchOptions): LocalMachine {
  const { log = silentLog, clock = systemClock, askPassphrase, sshTerminal } = options;
  const account = accountOf(options);
  return {
    ...account,
    nodePath: process.execPath,
    cacheDir: cacheDir(account),
    clock,
    random: systemRandom,
    log,
    questions: { ...(askPassphrase && { askPassphrase }), ...(sshTerminal && { terminal: sshTerminal }) },
  };
}

function accountOf({ env = process.env }: LaunchOptions) {
  return { env, home: env['HOME'] ?? homedir() };
}
