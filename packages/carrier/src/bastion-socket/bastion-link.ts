// The laptop's one SSH connection to the bastion, the consumer's half of the carrier: opened when first needed, by the first route that proves to end on the
// pinned host, opened anew after a loss.

import { posix } from 'node:path';
import type { Duplex } from 'node:stream';

import {
  type Clock,
  CodedError,
  detach,
  isCodedError,
  Listeners,
  type Log,
  silentLog,
  systemClock,
  withTimeLimit,
} from '@fairlead/kit';
import { type GateLine, isBastionSocket, type LaptopProfile, type SshRoute } from '@fairlead/protocol';
import {
  createRouteMemory,
  openFirstRoute,
  type OpenRoute,
  resolveSshTarget,
  type RouteMemory,
  routeName,
  type RouteTaken,
  type SshConnection,
  type SshTarget,
  type SshTerminal,
} from '@fairlead/ssh';

import type { Reacher } from '../carrier.ts';
import type { ReachErrorCode } from '../carrier-error.ts';
import { openControlChannel } from './control-channel.ts';
import { controlFailed, type ControlFault, proveBastion } from './prove-bastion.ts';

/** Who asks again sooner hears of the same refusal: a server that counts refused logins must not be pressed. */
const refusalTtlMs = 180_000;
/** Where there are several routes, how long control may take to show its certificate while one is proven. */
const certificateTimeoutMs = 5_000;

export interface BastionLinkOptions {
  profile: LaptopProfile;
  env: Record<string, string | undefined>;
  home: string;
  askPassphrase?: (file: string) => Promise<string | undefined>;
  /** Where the system's ssh may ask a person (`driver: ssh`); absent: it asks nothing. */
  sshTerminal?: SshTerminal;
  log?: Log;
  clock?: Clock;
  /** Of former connections; absent: nothing is remembered. */
  routeMemory?: RouteMemory;
}

export interface BastionLink extends Reacher, AsyncDisposable {
  readonly profile: LaptopProfile;
  /** The live connection; where the last one is gone, a new one. Concurrent callers share one attempt; a refused login is not tried again at once. */
  connection(): Promise<SshConnection>;
  /** Told of each connection that was opened and proven. */
  readonly opens: Listeners<void>;
  /** The route of the last connection that was proven, and what the others answered then. */
  readonly route: RouteTaken | undefined;
  /** Told of the route of each connection that was opened and proven. */
  readonly routes: Listeners<RouteTaken>;
  /** A verified byte stream to control. */
  openControl(): Promise<Duplex>;
}

export function createBastionLink(options: BastionLinkOptions): BastionLink {
  const { clock = systemClock } = options;
  let current: Login | undefined;
  const disposed = new AbortController();
  const opens = new Listeners<void>();
  const routes = new Listeners<RouteTaken>();
  const memory = options.routeMemory ?? createRouteMemory();
  const hasChoice = options.profile.bastion.routes.length > 1;
  let route: RouteTaken | undefined;
  /** Why control did not start when its gate was asked last. */
  const faults = new WeakMap<SshConnection, ControlFault>();
  const controlPath = posix.join(options.profile.bastion.runDir, 'control.sock');
  let starting: Promise<void> | undefined;

  /** Calls `onLoggedIn` with each connection before it is proven; the last one is the one that is proven. */
  async function openProven(onLoggedIn: (ssh: SshConnection) => void): Promise<SshConnection> {
    const { connection, taken } = await openRoutes(options, {
      memory,
      signal: disposed.signal,
      async prove(ssh) {
        onLoggedIn(ssh);
        const certificate = hasChoice ? proveCertificate(ssh) : undefined;
        certificate?.catch(() => undefined);
        const { line } = await proveBastion(ssh, options.profile);
        noteFault(ssh, line);
        await certificate;
      },
    });
    route = taken;
    opens.emit();
    routes.emit(taken);
    return connection;
  }

  /** Rejects only where a control with another certificate answers. A control that does not run yet is no reason to refuse the host. */
  async function proveCertificate(ssh: SshConnection): Promise<void> {
    const opening = openSecured(Promise.resolve(ssh));
    // Only the certificate is wanted of this channel, also where it comes late.
    const closing = opening.then(
      (secured) => secured?.destroy(),
      () => undefined,
    );
    detach(closing);
    try {
      await withTimeLimit(
        opening,
        certificateTimeoutMs,
        () => new CodedError('timeout', 'control took too long', { retryable: true }),
      );
    } catch (error) {
      if (isCodedError(error, 'control_untrusted')) throw error;
    }
  }

  function login(): Login {
    if (disposed.signal.aborted)
      throw new CodedError<ReachErrorCode>(
        'connection_closed',
        'cannot reach the bastion because this connection was closed',
      );
    if (current) return current;
    const { promise: loggedIn, resolve, reject } = Promise.withResolvers<SshConnection>();
    // A caller may wait for the proof alone.
    loggedIn.catch(() => undefined);
    const attempt: Login = { loggedIn, proven: openProven(resolve), isProven: false };
    attempt.proven.catch(reject);
    current = attempt;
    const forget = () => {
      if (current === attempt) current = undefined;
    };
    const forgetFailure = (error: unknown) =>
      isCodedError(error, 'auth_failed') ? clock.sleep(refusalTtlMs, disposed.signal).then(forget, forget) : forget();
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

  const connection = async () => login().proven;
  return {
    kind: 'bastion-socket',
    profile: options.profile,
    connection,
    ready: connection,
    async reach(address, wait) {
      if (!isBastionSocket(address)) throw new TypeError(`no socket on the bastion: got ${address.kind}`);
      return (await connection()).dial(address.socket, wait);
    },
    opens,
    routes,
    get route() {
      return route;
    },
    async openControl() {
      const { loggedIn, proven, isProven } = login();
      const early = isProven ? undefined : openSecured(loggedIn);
      // Where the host is the wrong one, that is what there is to say.
      early?.catch(() => undefined);
      // The caller sends a token: not before the host is known to be the right one.
      const ssh = await proven;
      // The early dial used the first route; it is void where that route was refused.
      const secured = ssh === (await loggedIn) ? await early : undefined;
      if (secured) return secured;
      const channel = await dialControl(ssh).catch((error: unknown) => {
        throw controlFailed(options.profile, faults.get(ssh), error);
      });
      return openControlChannel(channel, options.profile.controlCertificate);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new CodedError<ReachErrorCode>('connection_closed', 'the connection was closed'));
      const last = current;
      current = undefined;
      const opened = await last?.proven.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

interface Login {
  /** By the first route that let us in. */
  loggedIn: Promise<SshConnection>;
  /** Once a gate has said that this is the pinned host; mostly the same connection. */
  proven: Promise<SshConnection>;
  isProven: boolean;
}

function unlessRefused(error: unknown): undefined {
  if (!isCodedError(error, 'dial_refused')) throw error;
  return undefined;
}

interface Opening {
  memory: RouteMemory;
  signal: AbortSignal;
  prove: (ssh: SshConnection) => Promise<void>;
}

function openRoutes(options: BastionLinkOptions, opening: Opening): Promise<OpenRoute<void>> {
  return openFirstRoute({
    ...opening,
    log: options.log ?? silentLog,
    deniedMs: refusalTtlMs,
    routes: options.profile.bastion.routes.map((route) => ({
      name: routeName({ ...route, jump: route.proxyJump }),
      target: () => targetOf(route, options),
    })),
  });
}

async function targetOf(route: SshRoute, options: BastionLinkOptions): Promise<SshTarget> {
  const { hostKeys, user } = options.profile.bastion;
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
