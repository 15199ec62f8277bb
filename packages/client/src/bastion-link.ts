// The laptop's one SSH connection to the bastion: opened when first needed, proven to end on the pinned host, opened anew after a loss.

import { posix } from 'node:path';
import type { Duplex } from 'node:stream';

import { type Clock, CodedError, isCodedError, Listeners, type Log, silentLog, systemClock } from '@fairlead/kit';
import type { GateLine, LaptopProfile } from '@fairlead/protocol';
import { openSsh, resolveSshTarget, type SshConnection, type SshTarget, type SshTerminal } from '@fairlead/tunnel';

import type { ClientErrorCode } from './client-error.ts';
import { openControlChannel } from './control-channel.ts';
import { controlFailed, type ControlFault, proveBastion } from './prove-bastion.ts';

/** Who asks again sooner hears of the same refusal: a server that counts refused logins must not be pressed. */
const REFUSED_FOR_MS = 180_000;

export interface BastionLinkOptions {
  profile: LaptopProfile;
  env: Record<string, string | undefined>;
  home: string;
  askPassphrase?: (file: string) => Promise<string | undefined>;
  /** Where the system's ssh may ask a person (`driver: ssh`); absent: it asks nothing. */
  sshTerminal?: SshTerminal;
  log?: Log;
  clock?: Clock;
}

export interface BastionLink extends AsyncDisposable {
  readonly profile: LaptopProfile;
  /** The live connection; where the last one is gone, a new one. Concurrent callers share one attempt; a refused login is not tried again at once. */
  connection(): Promise<SshConnection>;
  /** Told of each connection that was opened and proven. */
  readonly opens: Listeners<void>;
  /** A verified byte stream to control. */
  openControl(): Promise<Duplex>;
}

export function createBastionLink(options: BastionLinkOptions): BastionLink {
  const { clock = systemClock } = options;
  let current: Login | undefined;
  const disposed = new AbortController();
  const opens = new Listeners<void>();
  /** Why control did not start when its gate was asked last. */
  const faults = new WeakMap<SshConnection, ControlFault>();
  const controlPath = posix.join(options.profile.bastion.runDir, 'control.sock');
  let starting: Promise<void> | undefined;

  async function logIn(): Promise<SshConnection> {
    return openSsh(await targetOf(options), { log: options.log ?? silentLog, signal: disposed.signal });
  }

  async function prove(loggedIn: Promise<SshConnection>): Promise<SshConnection> {
    const ssh = await loggedIn;
    try {
      const { line } = await proveBastion(ssh, options.profile);
      noteFault(ssh, line);
    } catch (error) {
      await ssh[Symbol.asyncDispose]();
      throw error;
    }
    opens.emit();
    return ssh;
  }

  function login(): Login {
    if (disposed.signal.aborted)
      throw new CodedError<ClientErrorCode>(
        'connection_closed',
        'cannot reach the bastion because this connection was closed',
      );
    if (current) return current;
    const loggedIn = logIn();
    const attempt: Login = { loggedIn, proven: prove(loggedIn), isProven: false };
    current = attempt;
    const forget = () => {
      if (current === attempt) current = undefined;
    };
    const forgetFailure = (error: unknown) =>
      isCodedError(error, 'auth_failed') ? clock.sleep(REFUSED_FOR_MS, disposed.signal).then(forget, forget) : forget();
    attempt.proven.then((opened) => {
      attempt.isProven = true;
      return opened.closed.then(forget);
    }, forgetFailure);
    return attempt;
  }

  /** While the gate answers: dialled, and shown to be control. Undefined where nothing listens (yet). */
  async function openSecured(loggedIn: Promise<SshConnection>): Promise<Duplex | undefined> {
    const channel = await loggedIn.then((ssh) => ssh.dial(controlPath)).catch(unlessRefused);
    return channel && openControlChannel(channel, options.profile.controlCertificate);
  }

  /** Control may have gone since the connection was made: the gate starts it again. */
  async function dialControl(ssh: SshConnection): Promise<Duplex> {
    const channel = await ssh.dial(controlPath).catch(unlessRefused);
    if (channel) return channel;
    starting ??= startControl(ssh).finally(() => (starting = undefined));
    await starting;
    return ssh.dial(controlPath);
  }

  async function startControl(ssh: SshConnection): Promise<void> {
    const { gate, line } = await proveBastion(ssh, options.profile);
    await gate[Symbol.asyncDispose]();
    noteFault(ssh, line);
  }

  function noteFault(ssh: SshConnection, line: GateLine): void {
    if ('why' in line && line.why) faults.set(ssh, line.why);
    else faults.delete(ssh);
  }

  return {
    profile: options.profile,
    connection: async () => login().proven,
    opens,
    async openControl() {
      const { loggedIn, proven, isProven } = login();
      const early = isProven ? undefined : openSecured(loggedIn);
      // Where the host is the wrong one, that is what there is to say.
      early?.catch(() => undefined);
      // Whoever calls sends a token: not before the host is known to be the right one.
      const ssh = await proven;
      const secured = await early;
      if (secured) return secured;
      const channel = await dialControl(ssh).catch((error: unknown) => {
        throw controlFailed(options.profile, faults.get(ssh), error);
      });
      return openControlChannel(channel, options.profile.controlCertificate);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new CodedError<ClientErrorCode>('connection_closed', 'the connection was closed'));
      const last = current;
      current = undefined;
      const opened = await last?.proven.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

interface Login {
  loggedIn: Promise<SshConnection>;
  /** The same connection, once its gate has said that this is the pinned host. */
  proven: Promise<SshConnection>;
  isProven: boolean;
}

function unlessRefused(error: unknown): undefined {
  if (!isCodedError(error, 'dial_refused')) throw error;
  return undefined;
}

async function targetOf(options: BastionLinkOptions): Promise<SshTarget> {
  const { route, hostKeys, user } = options.profile.bastion;
  const target = await resolveSshTarget(
    { ...route, user: route.user ?? user },
    {
      home: options.home,
      env: options.env,
      ...(options.askPassphrase ? { askPassphrase: options.askPassphrase } : {}),
      terminal: options.sshTerminal,
    },
  );
  return { ...target, hostKeys: { kind: 'pinned', keys: hostKeys } };
}
