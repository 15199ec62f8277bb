// The user's own way into the bastion, as edits of authorized_keys need it: an open connection, the same login anew, the file.

import type { BastionAccess } from '../control-session.ts';
import { createSshRunner, type SshConnection, type SshTarget } from '@fairlead/ssh';

import type { Run } from '../machine.ts';
import { expandHome } from '../host/host.ts';
import { resolveRoute } from '../login/open-route.ts';

export interface BastionLogin {
  connection: SshConnection;
  userTarget: SshTarget;
  /** Absent: ~/.ssh/authorized_keys. */
  path: string | undefined;
}

/** `authorizedKeysFile` as the configuration names it. */
export async function bastionLogin(
  link: BastionAccess,
  authorizedKeysFile: string | undefined,
  run: Run,
): Promise<BastionLogin> {
  const { routes, user, hostKeys } = link.profile.bastion;
  const connection = await link.connection();
  // The route that has just worked: a login by another one would prove less about the edit.
  const route = routes[link.route?.index ?? 0];
  const target = await resolveRoute({ ...route!, user }, run);
  return {
    connection,
    userTarget: { ...target, hostKeys: { kind: 'pinned', keys: hostKeys } },
    path: await absolutePath(connection, authorizedKeysFile),
  };
}

/** `~` in it is the home of the account there. */
async function absolutePath(connection: SshConnection, path: string | undefined): Promise<string | undefined> {
  if (path === undefined || !path.startsWith('~')) return path;
  const home = await createSshRunner(connection).run(['sh', '-c', 'printf %s "$HOME"']);
  return expandHome(path, home.stdout);
}
