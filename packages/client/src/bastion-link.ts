// The laptop's one SSH connection to the bastion: opened when first needed, proven to end on the pinned host, opened anew after a loss.

import { posix } from 'node:path';
import type { Duplex } from 'node:stream';

import {
  type Clock,
  CodedError,
  isCodedError,
  Listeners,
  type Log,
  shellQuote,
  silentLog,
  systemClock,
  withTimeLimit,
} from '@fairlead/kit';
import { decodeText, type GateLine, gateLine, type LaptopProfile } from '@fairlead/protocol';
import { type Gate, openSsh, resolveSshTarget, type SshConnection, type SshTarget, type SshTerminal } from '@fairlead/tunnel';

import type { ClientErrorCode } from './client-error.ts';
import { openControlChannel } from './control-channel.ts';

/** How long the gate may take: it may have to start control on a slow file system. */
const GATE_LIMIT_MS = 20_000;
/** Who asks again sooner hears of the same refusal: a server that counts refused logins must not be pressed. */
const REFUSED_FOR_MS = 180_000;

export type ControlFault = NonNullable<Extract<GateLine, { fairlead: number }>['why']>;

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
  let current: Promise<SshConnection> | undefined;
  const disposed = new AbortController();
  const opens = new Listeners<void>();
  /** Why control did not start when its gate was asked last. */
  const faults = new WeakMap<SshConnection, ControlFault>();
  let starting: Promise<void> | undefined;

  async function open(): Promise<SshConnection> {
    const connection = await openSsh(await targetOf(options), {
      log: options.log ?? silentLog,
      signal: disposed.signal,
    });
    try {
      const { line } = await proveBastion(connection, options.profile);
      noteFault(connection, line);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
    opens.emit();
    return connection;
  }

  async function connection(): Promise<SshConnection> {
    if (disposed.signal.aborted)
      throw new CodedError<ClientErrorCode>(
        'connection_closed',
        'cannot reach the bastion because this connection was closed',
      );
    if (!current) {
      const attempt = open();
      current = attempt;
      const forget = () => {
        if (current === attempt) current = undefined;
      };
      const forgetFailure = (error: unknown) =>
        isCodedError(error, 'auth_failed')
          ? clock.sleep(REFUSED_FOR_MS, disposed.signal).then(forget, forget)
          : forget();
      attempt.then((opened) => opened.closed.then(forget), forgetFailure);
    }
    return current;
  }

  /** Control may have gone since the connection was made: the gate starts it again. */
  async function dialControl(ssh: SshConnection, path: string): Promise<Duplex> {
    try {
      return await ssh.dial(path);
    } catch (error) {
      if (!isCodedError(error, 'dial_refused')) throw error;
      starting ??= startControl(ssh).finally(() => (starting = undefined));
      await starting;
      return ssh.dial(path);
    }
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
    connection,
    opens,
    async openControl() {
      const ssh = await connection();
      const path = posix.join(options.profile.bastion.runDir, 'control.sock');
      const channel = await dialControl(ssh, path).catch((error: unknown) => {
        throw controlFailed(options.profile, faults.get(ssh), error);
      });
      return openControlChannel(channel, options.profile.controlCertificate);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new CodedError<ClientErrorCode>('connection_closed', 'the connection was closed'));
      const last = current;
      current = undefined;
      const opened = await last?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
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

/** Runs the gate: it revives control, names the host, and its open channel makes sshd send small packets at once. */
export async function proveBastion(
  connection: Pick<SshConnection, 'gate'>,
  profile: LaptopProfile,
): Promise<{ gate: Gate; line: GateLine }> {
  const command = shellQuote(posix.join(profile.bastion.stateDir, 'gate'));
  const gate = await withTimeLimit(connection.gate(command), GATE_LIMIT_MS, () =>
    gateFailed(profile, `it did not answer within ${GATE_LIMIT_MS / 1000} s`),
  );
  try {
    const line = decodeGateLine(gate.identityLine, profile);
    checkGateLine(line, profile);
    return { gate, line };
  } catch (error) {
    // On a connection that goes on it would take one of the few sessions that sshd allows.
    await gate[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where control has said why it does not start, that is what its user has to know. */
export function controlFailed(profile: LaptopProfile, fault: ControlFault | undefined, cause: unknown): unknown {
  if (!fault) return cause;
  const { message, hint } = fault;
  return new CodedError<ClientErrorCode>(
    'control_unreachable',
    `cannot reach control because it does not start on ${profile.bastion.host}: ${message}`,
    { ...(hint === undefined ? {} : { hint }), cause },
  );
}

function decodeGateLine(text: string, profile: LaptopProfile): GateLine {
  const decoded = decodeText(gateLine, text);
  if (decoded.ok) return decoded.value;
  throw gateFailed(profile, `its first line was not the gate's: got ${JSON.stringify(text.slice(0, 80))}`);
}

export function checkGateLine(line: GateLine, profile: LaptopProfile): void {
  if ('error' in line) throw gateFailed(profile, line.message ?? line.error);
  const { host, runDir } = profile.bastion;
  if (line.host !== host) {
    throw new CodedError<ClientErrorCode>(
      'bastion_moved',
      `cannot use this bastion because it is host ${line.host}, not ${host}, which holds the sockets`,
      {
        hint: `The name ${profile.bastion.route.host} may stand for several hosts. Name ${host} itself in bastion.fromLaptop.host, or run \`fairlead init\` again to move to ${line.host}.`,
      },
    );
  }
  if (line.run !== runDir) {
    throw new CodedError<ClientErrorCode>(
      'bastion_moved',
      `cannot find the sockets because their directory on the bastion is now ${line.run}, not ${runDir}`,
      {
        hint: 'Run `fairlead init` again.',
      },
    );
  }
}

function gateFailed(profile: LaptopProfile, what: string): CodedError<ClientErrorCode> {
  return new CodedError(
    'path_broken',
    `cannot use ${profile.bastion.route.host} as a bastion because its gate failed: ${what}`,
    {
      hint: `Run \`fairlead init\` again, or look at ${profile.bastion.stateDir}/gate there.`,
    },
  );
}
