// Opens channels to control over a connection to the bastion, and has the gate start control where it does not run.

import { posix } from 'node:path';
import type { Duplex } from 'node:stream';

import { CodedError, detach, isCodedError, withTimeLimit } from '@fairlead/kit';
import type { GateLine, LaptopProfile } from '@fairlead/protocol';
import type { SshConnection } from '@fairlead/ssh';

import { secureControlChannel } from './control-channel.ts';
import { controlFailed, type ControlFault, proveBastion } from './prove-bastion.ts';

/** Where there are several routes, how long control may take to show its certificate while one of them is proven. */
const certificateTimeoutMs = 5_000;

export class ControlDialler {
  readonly #profile: LaptopProfile;
  readonly #controlPath: string;
  /** Why control did not start when its gate was asked last. */
  readonly #faults = new WeakMap<SshConnection, ControlFault>();
  /** Callers share one start. */
  #starting: Promise<void> | undefined;

  constructor(profile: LaptopProfile) {
    this.#profile = profile;
    this.#controlPath = posix.join(profile.bastion.runDir, 'control.sock');
  }

  /** Resolves when the gate has said that this is the pinned host; throws otherwise. Its channel stays open. */
  async proveHost(ssh: SshConnection): Promise<void> {
    const { line } = await proveBastion(ssh, this.#profile);
    this.#noteFault(ssh, line);
  }

  /** Rejects only where a control with another certificate answers. A control that does not run yet is no reason to refuse the host. */
  async proveCertificate(ssh: SshConnection): Promise<void> {
    const opening = this.openIfListening(ssh);
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

  /** A channel that is known to lead to control; undefined where nothing listens at its socket yet. The caller closes it. */
  async openIfListening(ssh: SshConnection): Promise<Duplex | undefined> {
    const channel = await this.#dialIfListening(ssh);
    return channel && secureControlChannel(channel, this.#profile.controlCertificate);
  }

  /** The same, after the gate has started control where that is needed. Throws `control_unreachable` where it does not start. */
  async open(ssh: SshConnection): Promise<Duplex> {
    const channel = await this.#dial(ssh).catch((error: unknown) => {
      throw controlFailed(this.#profile, this.#faults.get(ssh), error);
    });
    return secureControlChannel(channel, this.#profile.controlCertificate);
  }

  async #dial(ssh: SshConnection): Promise<Duplex> {
    const channel = await this.#dialIfListening(ssh);
    if (channel) return channel;
    this.#starting ??= this.#start(ssh).finally(() => (this.#starting = undefined));
    await this.#starting;
    return ssh.dial(this.#controlPath);
  }

  async #dialIfListening(ssh: SshConnection): Promise<Duplex | undefined> {
    try {
      return await ssh.dial(this.#controlPath);
    } catch (error) {
      if (!isCodedError(error, 'dial_refused')) throw error;
      return undefined;
    }
  }

  async #start(ssh: SshConnection): Promise<void> {
    const { gate, line } = await proveBastion(ssh, this.#profile);
    await gate[Symbol.asyncDispose]();
    this.#noteFault(ssh, line);
  }

  #noteFault(ssh: SshConnection, line: GateLine): void {
    if ('why' in line && line.why) this.#faults.set(ssh, line.why);
    else this.#faults.delete(ssh);
  }
}
