// The laptop's one SSH connection to the bastion, the consumer's half of the carrier: opened when first needed, by the first
// route that proves to end on the pinned host, and opened again after a loss.

import type { Duplex } from 'node:stream';

import { type Clock, defined, Listeners, type Log, silentLog, systemClock, markHandled } from '@fairlead/kit';
import { type EndpointAddress, isBastionSocket, type LaptopProfile, type SshRoute } from '@fairlead/protocol';
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
import { ControlDialler } from './control-dialler.ts';
import { type Login, Logins, type LoginProgress, refusalTtlMs } from './logins.ts';

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

/** Disposal closes the connection, which ends every channel through it. */
export interface BastionLink extends Reacher, AsyncDisposable {
  readonly profile: LaptopProfile;
  /**
   * The live connection; where the last one is gone, a new one. The link closes it. Concurrent callers share one attempt; a
   * refused login is not tried again at once.
   */
  connection(): Promise<SshConnection>;
  /**
   * Begins a login where there is none, for a caller with work to do meanwhile: the processor is free while the bastion is dialled, and
   * while it checks a signature. Neither promise rejects: both resolve, too, where the login fails.
   */
  beginLogin(): Pick<Login, 'dialled' | 'signed'>;
  /** Told of each connection that was opened and proven. */
  readonly opens: Listeners<void>;
  /** The route of the last connection that was proven, and what the others answered then. */
  readonly route: RouteTaken | undefined;
  /** Told of the route of each connection that was opened and proven. */
  readonly routes: Listeners<RouteTaken>;
  /** A verified byte stream to control, which the caller closes. Throws `control_untrusted`, `control_unreachable`, and the errors of the SSH connection. */
  openControl(): Promise<Duplex>;
}

/** Opens nothing: the first call that needs the connection does. */
export function createBastionLink(options: BastionLinkOptions): BastionLink {
  return new LaptopLink(options);
}

class LaptopLink implements BastionLink {
  readonly kind = 'bastion-socket';
  readonly opens = new Listeners<void>();
  readonly routes = new Listeners<RouteTaken>();
  readonly #options: BastionLinkOptions;
  readonly #memory: RouteMemory;
  readonly #control: ControlDialler;
  readonly #logins: Logins;
  #route: RouteTaken | undefined;

  constructor(options: BastionLinkOptions) {
    const { clock = systemClock, routeMemory = createRouteMemory() } = options;
    this.#options = options;
    this.#memory = routeMemory;
    this.#control = new ControlDialler(options.profile);
    this.#logins = new Logins({ clock, open: (stages, signal) => this.#openProven(stages, signal) });
  }

  get profile(): LaptopProfile {
    return this.#options.profile;
  }

  get route(): RouteTaken | undefined {
    return this.#route;
  }

  async connection(): Promise<SshConnection> {
    return this.#logins.current().proven;
  }

  beginLogin(): Pick<Login, 'dialled' | 'signed'> {
    const { dialled, signed, proven } = this.#logins.current();
    // A failure is thrown by `connection()` and `openControl()`, which callers await.
    markHandled(proven);
    const { clock = systemClock } = this.#options;
    // The signature is sent first.
    return { dialled, signed: signed.then(() => clock.sleep(0)) };
  }

  ready(): Promise<unknown> {
    return this.connection();
  }

  async reach(address: EndpointAddress, options?: { signal?: AbortSignal }): Promise<Duplex> {
    if (!isBastionSocket(address)) throw new TypeError(`no socket on the bastion: got ${address.kind}`);
    return (await this.connection()).dial(address.socket, options);
  }

  async openControl(): Promise<Duplex> {
    const { loggedIn, proven, isProven } = this.#logins.current();
    // While the gate answers, control is dialled and asked for its certificate.
    const early = isProven ? undefined : loggedIn.then((ssh) => this.#control.openIfListening(ssh));
    // Where the host is the wrong one, `proven` says so, and this failure does not matter.
    if (early) markHandled(early);
    // The caller sends a token: not before the host is known to be the right one.
    const ssh = await proven;
    // The early dial used the first route; it is void where that route was refused.
    const secured = ssh === (await loggedIn) ? await early : undefined;
    return secured ?? this.#control.open(ssh);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#logins[Symbol.asyncDispose]();
  }

  async #openProven({ onLoggedIn, ...progress }: LoginProgress, signal: AbortSignal): Promise<SshConnection> {
    const hasChoice = this.profile.bastion.routes.length > 1;
    const { connection, taken } = await openRoutes(this.#options, {
      memory: this.#memory,
      signal,
      ...progress,
      prove: async (ssh) => {
        onLoggedIn(ssh);
        const certificate = hasChoice ? this.#control.proveCertificate(ssh) : undefined;
        if (certificate) markHandled(certificate);
        await this.#control.proveHost(ssh);
        await certificate;
      },
    });
    this.#route = taken;
    this.opens.emit();
    this.routes.emit(taken);
    return connection;
  }
}

interface Opening {
  memory: RouteMemory;
  signal: AbortSignal;
  onDialled: () => void;
  onSigned: () => void;
  prove: (ssh: SshConnection) => Promise<void>;
}

function openRoutes(options: BastionLinkOptions, opening: Opening): Promise<OpenRoute<void>> {
  return openFirstRoute({
    ...opening,
    log: options.log ?? silentLog,
    deniedMs: refusalTtlMs,
    otherHostCodes: ['bastion_moved', 'control_untrusted'] satisfies ReachErrorCode[],
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
      ...defined({ askPassphrase: options.askPassphrase }),
      terminal: options.sshTerminal,
    },
  );
  return { ...target, hostKeys: { kind: 'pinned', keys: hostKeys } };
}
