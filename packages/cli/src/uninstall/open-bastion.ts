// The bastion as an uninstall meets it: with or without a profile, with or without anything of ours on it. Starts nothing there.

import { asList, type BastionConfig, defaults, type FairleadConfig } from '@fairlead/config';
import type { LaptopProfile } from '@fairlead/protocol';
import { createSshRunner, type SshConnection, type SshTarget } from '@fairlead/ssh';

import { type BastionLogin, expandHome, type Host, openSshHost } from '@fairlead/launch';
import type { Context } from '../context.ts';
import { type OpenedRoute, openRoutes } from '../ssh/open-routes.ts';

export interface BastionAtHand extends AsyncDisposable {
  host: Host;
  login: BastionLogin;
  stateDir: string;
  /** Empty where no profile says it. */
  runDir: string;
  /** Whether the gate is there, so that control can be asked. */
  hasGate: boolean;
}

/** Undefined where neither profile nor configuration names one. */
export async function openBastion(
  profile: LaptopProfile | undefined,
  { bastion }: FairleadConfig,
  context: Context,
): Promise<BastionAtHand | undefined> {
  const opened = await openRoute(profile, bastion, context);
  if (!opened) return undefined;
  const { connection, target } = opened;
  const host = await openSshHost(connection, opened.route.host);
  const stateDir = profile?.bastion.stateDir ?? expandHome(bastion?.stateDir ?? defaults.stateDir, host.facts.home);
  const path = bastion?.authorizedKeysFile && expandHome(bastion.authorizedKeysFile, host.facts.home);
  return {
    host,
    login: { connection, userTarget: pinned(target, connection), path },
    stateDir,
    runDir: profile?.bastion.runDir ?? '',
    hasGate: (await createSshRunner(connection).run(['test', '-x', `${stateDir}/gate`])).code === 0,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function openRoute(
  profile: LaptopProfile | undefined,
  bastion: BastionConfig | undefined,
  context: Context,
): Promise<OpenedRoute | undefined> {
  if (!profile) return bastion && openRoutes(asList(bastion.fromLaptop), context);
  const { routes, user, hostKeys } = profile.bastion;
  const named = routes.map((route) => ({ ...route, user: route.user ?? user }));
  return openRoutes(named, context, { pinned: hostKeys });
}

/** The logins that prove an edit of authorized_keys go to the host that this one has met. */
function pinned(target: SshTarget, { hostKey }: SshConnection): SshTarget {
  return { ...target, hostKeys: { kind: 'pinned', keys: [`${hostKey.type} ${hostKey.base64}`] } };
}
