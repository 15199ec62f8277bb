// What every call of the SDK needs: the profile, an SSH connection to the bastion that is opened when needed, control's API over it.

import { homedir } from 'node:os';

import { type BastionLink, createBastionLink } from '@fairlead/carrier';
import { type Clock, defined, errorText, type Log, silentLog } from '@fairlead/kit';

import type { ControlApi } from './control-api.ts';
import { profilePath, readProfile } from '../bastion/profile.ts';
import { readNote, routeNote, writeNote } from '../bastion/kept-notes.ts';
import type { WatchMessage } from '@fairlead/protocol';
import { createRouteMemory, type SshTerminal } from '@fairlead/ssh';

export interface SessionOptions {
  /** Path of the profile; absent: where `fairlead init` writes it. */
  profile?: string;
  /** Resolves with the passphrase of a private key. Absent, or resolved with `undefined`: the key is not used. */
  askPassphrase?: (file: string) => Promise<string | undefined>;
  /** With `driver: ssh`: where the system's ssh asks a person for passwords and codes. Absent: it asks nothing. */
  sshTerminal?: SshTerminal;
  /** Replaces the process's environment (HOME, FAIRLEAD_PROFILE, SSH_AUTH_SOCK). */
  env?: Record<string, string | undefined>;
  /** Absent: nothing is logged. */
  log?: Log;
  clock?: Clock;
}

/** Disposal closes the SSH connection, which ends all calls and watches. */
export interface Session extends AsyncDisposable {
  readonly link: BastionLink;
  readonly api: ControlApi;
  /** One connection's messages of control; see `watchControl`. */
  watch(signal: AbortSignal): AsyncGenerator<WatchMessage>;
}

/** Resolves when the profile is read; the first call opens SSH. Throws `profile_missing`, `profile_unsafe`, `profile_invalid`. */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  return createSession(await openProfileLink(options));
}

/** Resolves when the profile is read; opens nothing else. The caller closes the link. Throws as `openSession` does. */
export async function openProfileLink(options: SessionOptions = {}): Promise<BastionLink> {
  const env = options.env ?? process.env;
  const home = env['HOME'] ?? homedir();
  const { log = silentLog } = options;
  const profileFile = options.profile ?? profilePath(env, home);
  const profile = await readProfile(profileFile);
  const hasChoice = profile.bastion.routes.length > 1;
  const remembered = hasChoice ? await readNote(routeNote(profileFile)) : undefined;
  const link = createBastionLink({
    profile,
    env,
    home,
    log,
    routeMemory: createRouteMemory(remembered),
    ...defined({ clock: options.clock, askPassphrase: options.askPassphrase, sshTerminal: options.sshTerminal }),
  });
  if (hasChoice) rememberRoutes(link, { profileFile, remembered, log });
  return link;
}

/** Loads what asks control, which a caller may have begun to log in to. The session owns the link. */
export async function createSession(link: BastionLink): Promise<Session> {
  const { createControlApi } = await import('./control-api.ts');
  const control = { openSocket: () => link.openControl(), ownerToken: link.profile.ownerToken };
  const api = createControlApi(control);
  return {
    link,
    api,
    async *watch(signal) {
      // It brings a WebSocket: most commands do without.
      const { watchControl } = await import('./watch.ts');
      yield* watchControl(control, signal);
    },
    async [Symbol.asyncDispose]() {
      api[Symbol.dispose]();
      await link[Symbol.asyncDispose]();
    },
  };
}

function rememberRoutes(
  link: BastionLink,
  { profileFile, remembered, log }: { profileFile: string; remembered: string | undefined; log: Log },
): void {
  let written = remembered;
  link.routes.add(({ name }) => {
    if (name === written) return;
    written = name;
    writeNote(routeNote(profileFile), name).catch((error: unknown) => {
      log.debug({ op: 'route.remember', ok: false, error: errorText(error) });
    });
  });
}
