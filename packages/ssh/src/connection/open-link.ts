// Opens one SSH link: the transport (through the jump host, if there is one), the handshake, the watch over its life.

import { type Clock, detach, markHandled, Scope, systemClock } from '@fairlead/kit';
import type { HostKey } from '../host-key/host-key.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { createPausableLimit, type PausableLimit } from './pausable-limit.ts';
import type { SshLink } from './ssh-link.ts';
import { createTransport, openTcp, type Transport } from './transport.ts';
import { watchLife } from './watch-life.ts';

export interface OpenLinkOptions {
  signal: AbortSignal | undefined;
  clock: Clock | undefined;
  keepaliveMs: number;
  keepaliveCountMax: number;
  stages?: LoginStages | undefined;
}

/** Callbacks for the steps of a login, for a caller that chooses between several routes. */
export interface LoginStages {
  /** Called when the first packet to the first host on the way is sent, or could not be: the processor is free until the host answers. */
  onDialled?: () => void;
  /**
   * Called when the first host on the way (the outermost jump host, if there is one) has shown a key that is accepted, or
   * before a person is asked about its key. The login sends nothing of the user's before `hold` resolves; the time limit
   * does not run meanwhile.
   */
  hold: () => Promise<void>;
  /** Called when an identity has signed: the host itself checks the signature now. */
  onSigned?: () => void;
  /** Called when the last jump host has accepted the login: later failures are those of the host itself. */
  onJumped: () => void;
}

export interface OpenLink extends AsyncDisposable {
  link: SshLink;
  hostKey: HostKey;
}

const connectTimeoutMs = 20_000;

export async function openLink(target: SshTarget, options: OpenLinkOptions): Promise<OpenLink> {
  const scope = new Scope();
  try {
    const { stages } = options;
    const jump = target.jump ? scope.use(await openJump(target.jump, options)).link : undefined;
    if (jump) stages?.onJumped();
    const timeoutMs = target.connectTimeoutMs ?? connectTimeoutMs;
    using deadline = createPausableLimit({
      clock: options.clock ?? systemClock,
      afterMs: timeoutMs,
      makeError: () =>
        sshError('timeout', `cannot log in to ${targetLabel(target)} because it took more than ${timeoutMs} ms`, {
          hint: 'A firewall may be in the way, a VPN may be needed, or the host may be overloaded.',
          retryable: true,
        }),
      outer: options.signal,
    });
    const hold = jump ? undefined : stages?.hold;
    const dials = scope.use(createDials(target, jump, deadline.signal));
    const { begun, opened } = dials.dial();
    // A failure is thrown below.
    await Promise.race([begun, opened.catch(() => undefined)]);
    if (!jump) stages?.onDialled?.();
    // It brings ssh2, which takes as long to load as a near host takes to answer.
    const { logIn, prepareLogin } = await import('./handshake.ts');
    let wasAsked = false;
    const onAsked = () => (wasAsked = true);
    const login = await prepareLogin(withPatience(target, { deadline, hold, onAsked }));
    // A server hangs up on a login that takes minutes.
    const transport = await (wasAsked ? dials.dial().opened : opened);
    const { link, hostKey } = await logIn(login, transport, {
      keepaliveMs: options.keepaliveMs,
      signal: deadline.signal,
      hold: hold && (() => deadline.suspendedDuring(hold())),
      onSigned: stages?.onSigned,
    });
    scope.defer(async () => {
      link.end();
      await link.closed;
    });
    // A lost connection closes the connection to its jump host, which the caller does not know.
    if (jump) detach(link.closed.then(() => scope[Symbol.asyncDispose]()));
    watch(link, transport, options).catch((error: unknown) => link.end(sshError('protocol', String(error))));
    return { link, hostKey, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw options.signal?.aborted ? options.signal.reason : error;
  }
}

interface Dials extends Disposable {
  /** Gives up what the last call opened or still opens. `begun` resolves when the first packet is on its way. */
  dial(): { begun: Promise<void>; opened: Promise<Transport> };
}

/** Disposal closes the transport that is open, and gives up one that is being opened. */
function createDials(target: SshTarget, jump: SshLink | undefined, signal: AbortSignal): Dials {
  let wanted = new AbortController();
  const drop = () => wanted.abort(sshError('connection_lost', `stopped dialling ${targetLabel(target)}`));
  return {
    dial() {
      drop();
      wanted = new AbortController();
      const { signal: dropped } = wanted;
      const { promise: begun, resolve: onAttempt } = Promise.withResolvers<void>();
      const opened = openTransport(target, { jump, signal: AbortSignal.any([signal, dropped]), onAttempt });
      const closeWhenDropped = ({ stream }: Transport) => {
        if (dropped.aborted) stream.destroy();
        else dropped.addEventListener('abort', () => stream.destroy(), { once: true });
      };
      // A failure goes to the caller, who may await it later or not at all.
      markHandled(opened.then(closeWhenDropped));
      return { begun, opened };
    },
    [Symbol.dispose]: drop,
  };
}

/** Of several jump hosts in a row, only the last one calls `onJumped`; none calls `onSigned`. */
function openJump(jump: SshTarget, { stages, ...options }: OpenLinkOptions): Promise<OpenLink> {
  const { onSigned: _ofTheHost, ...before } = stages ?? {};
  return openLink(jump, {
    ...options,
    ...(stages && { stages: { ...before, hold: stages.hold, onJumped: () => undefined } }),
  });
}

interface Way {
  jump: SshLink | undefined;
  signal: AbortSignal;
  onAttempt: () => void;
}

async function openTransport(target: SshTarget, { jump, signal, onAttempt }: Way): Promise<Transport> {
  if (!jump) return createTransport(await openTcp(target, signal, onAttempt));
  onAttempt();
  try {
    const channel = await jump.openChannel(
      (callback) => jump.client.forwardOut('127.0.0.1', 0, target.host, target.port, callback),
      { what: `go on to ${targetLabel(target)}`, signal },
    );
    const stream = jump.adopt(channel);
    // As a socket does at its end: else the jump host would keep its own half open for ever.
    stream.once('end', () => stream.destroy());
    return createTransport(stream);
  } catch (error) {
    if (jump.ended.aborted || signal.aborted) throw error;
    throw sshError('unreachable', `cannot reach ${targetLabel(target)} from the jump host ${jump.label}`, {
      hint: 'Check host and port as the jump host sees them; it must allow forwarding (sshd_config: AllowTcpForwarding).',
      retryable: true,
      cause: error,
    });
  }
}

interface Patience {
  deadline: PausableLimit;
  hold: LoginStages['hold'] | undefined;
  /** Called when a person is asked for a passphrase. */
  onAsked: () => void;
}

/** The same target; its time limit does not run while a person is asked. */
function withPatience(target: SshTarget, { deadline, hold, onAsked }: Patience): SshTarget {
  const { hostKeys, auth } = target;
  const askHost = hostKeys.kind === 'known-hosts' ? hostKeys.ask : undefined;
  const { askPassphrase } = auth;
  return {
    ...target,
    ...(askHost && {
      hostKeys: {
        ...hostKeys,
        ask: (question) => deadline.suspendedDuring(Promise.resolve(hold?.()).then(() => askHost(question))),
      } as typeof hostKeys,
    }),
    ...(askPassphrase && {
      auth: {
        ...auth,
        askPassphrase(file: string) {
          onAsked();
          return deadline.suspendedDuring(askPassphrase(file));
        },
      },
    }),
  };
}

async function watch(link: SshLink, transport: Transport, options: OpenLinkOptions): Promise<void> {
  const { keepaliveMs, keepaliveCountMax, clock = systemClock } = options;
  const isSilent = await watchLife(
    { clock, intervalMs: keepaliveMs, countMax: keepaliveCountMax, bytesRead: () => transport.bytesRead() },
    link.ended,
  );
  if (!isSilent) return;
  const silence = (keepaliveMs * (keepaliveCountMax + 1)) / 1000;
  link.end(
    sshError('connection_lost', `lost ${link.label} because nothing came from it for ${silence} s`, {
      hint: 'The network between is cut or the host hangs.',
      retryable: true,
    }),
  );
}
