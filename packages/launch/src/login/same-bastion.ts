// Whether the bastion of the configuration is the one that this machine's profile was made for.

import { CodedError } from '@fairlead/kit';
import { asList, type BastionConfig } from '@fairlead/config';
import type { LaptopProfile } from '@fairlead/protocol';
import type { SshTarget } from '@fairlead/ssh';
import { isDeepStrictEqual } from 'node:util';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { LocalMachine } from '../machine.ts';
import { resolveRoute } from './open-route.ts';

type Reached = Pick<SshTarget, 'host' | 'port' | 'user'>;

export type Comparison =
  /** `asWritten`: whatever ssh_config says. */
  | { kind: 'same'; asWritten: boolean }
  /** The same bastion, by another key file, jump host, name of ssh_config, or other routes besides. */
  | { kind: 'rerouted' }
  | { kind: 'other'; differences: string[] };

/** Both with ssh_config's names made whole on this machine. */
export async function compareWithProfile(
  bastion: BastionConfig,
  profile: LaptopProfile,
  machine: Pick<LocalMachine, 'env' | 'home' | 'questions'>,
): Promise<Comparison> {
  const { routes, user } = profile.bastion;
  if (isWrittenAlike(bastion, profile)) return { kind: 'same', asWritten: true };
  const [configured, known] = await Promise.all([
    Promise.all(asList(bastion.fromLaptop).map((route) => resolveRoute(route, machine))),
    Promise.all(routes.map((route) => resolveRoute({ ...route, user: route.user ?? user }, machine))),
  ]);
  return compareBastion(bastion, profile, { configured, known });
}

/** Nothing needs to be looked up then. Without a user ssh_config has a say, and may have changed its mind. */
function isWrittenAlike(bastion: BastionConfig, { bastion: { routes, stateDir } }: LaptopProfile): boolean {
  const configured = asList(bastion.fromLaptop);
  return (
    configured.every(({ user }) => user !== undefined) &&
    isDeepStrictEqual(configured, routes) &&
    isSameStateDir(bastion.stateDir, stateDir)
  );
}

/**
 * Pure. `configured` and `known` are the routes of both with ssh_config's names made whole. One that stands in both
 * is enough: each route has to prove the pinned host before it is used.
 */
export function compareBastion(
  bastion: BastionConfig,
  profile: LaptopProfile,
  { configured, known }: { configured: readonly Reached[]; known: readonly Reached[] },
): Comparison {
  const { routes, stateDir } = profile.bastion;
  const [names, before] = [configured.map(nameOf), known.map(nameOf)];
  const differences = [
    ...(names.some((name) => before.includes(name)) ? [] : [`${names.join(' or ')} instead of ${before.join(' or ')}`]),
    ...(isSameStateDir(bastion.stateDir, stateDir)
      ? []
      : [`bastion.stateDir ${bastion.stateDir} instead of ${stateDir}`]),
  ];
  if (differences.length > 0) return { kind: 'other', differences };
  return isDeepStrictEqual(asList(bastion.fromLaptop), routes)
    ? { kind: 'same', asWritten: false }
    : { kind: 'rerouted' };
}

export function otherBastion(differences: readonly string[], profileFile: string): CodedError<LaunchErrorCode> {
  return new CodedError(
    'profile_mismatch',
    `cannot go on because the configuration names another bastion than ${profileFile}: ${differences.join(', ')}`,
    {
      hint: 'To move to it: fairlead init. To use both: set FAIRLEAD_PROFILE to a file of its own for each, such as FAIRLEAD_PROFILE=~/.local/state/fairlead/other.json, and run init once with it.',
    },
  );
}

function nameOf({ host, port, user }: Reached): string {
  return `${user}@${host}:${port}`;
}

/** A path in the account's home is known by its end: the home is the bastion's to say. */
function isSameStateDir(configured: string | undefined, absolute: string): boolean {
  if (configured === undefined) return true;
  return configured.startsWith('~/') ? absolute.endsWith(configured.slice(1)) : configured === absolute;
}
