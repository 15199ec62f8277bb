// What every call of the SDK begins with: the profile, a lazy SSH connection to the bastion, control's API over it.

import { homedir } from 'node:os';

import { type Clock, type Log, Secret, silentLog } from '@fairlead/kit';

import { type BastionLink, createBastionLink } from './bastion-link.ts';
import { type ControlApi, createControlApi } from './control-api.ts';
import { profilePath, readProfile } from './profile.ts';
import { watchControl } from './watch.ts';
import type { WatchMessage } from '@fairlead/protocol';
import type { SshTerminal } from '@fairlead/tunnel';

export interface SessionOptions {
  /** Path of the profile; absent: where `fairlead init` writes it. */
  profile?: string;
  /** Asked for the passphrase of a private key; absent, or `undefined` as its answer: such keys are passed over. */
  askPassphrase?: (file: string) => Promise<string | undefined>;
  /** With `driver: ssh`: where the system's ssh may ask a person for passwords and codes; absent: it asks nothing. */
  sshTerminal?: SshTerminal;
  /** What stands for the process's environment (HOME, FAIRLEAD_PROFILE, SSH_AUTH_SOCK). */
  env?: Record<string, string | undefined>;
  /** Absent: nothing is logged. */
  log?: Log;
  clock?: Clock;
}

export interface Session extends AsyncDisposable {
  readonly link: BastionLink;
  readonly api: ControlApi;
  /** One connection's messages of control; see `watchControl`. */
  watch(signal: AbortSignal): AsyncGenerator<WatchMessage>;
}

/** Opens nothing but the profile; SSH is opened by the first call. */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const env = options.env ?? process.env;
  const home = env['HOME'] ?? homedir();
  const profile = await readProfile(options.profile ?? profilePath(env, home));
  const link = createBastionLink({
    profile,
    env,
    home,
    log: options.log ?? silentLog,
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.askPassphrase ? { askPassphrase: options.askPassphrase } : {}),
    ...(options.sshTerminal ? { sshTerminal: options.sshTerminal } : {}),
  });
  const control = { openSocket: () => link.openControl(), ownerToken: new Secret(profile.ownerToken) };
  const api = createControlApi(control);
  return {
    link,
    api,
    watch: (signal) => watchControl(control, signal),
    async [Symbol.asyncDispose]() {
      api[Symbol.dispose]();
      await link[Symbol.asyncDispose]();
    },
  };
}
