// Opens one SSH link: the transport (through the jump host, if there is one), the handshake, the watch over its life.

import { type Clock, detach, Scope, systemClock } from '@fairlead/kit';
import type { HostKey } from '../host-key/host-key.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { createPausableLimit, type PausableLimit } from './pausable-limit.ts';
import { logIn, prepareLogin } from './handshake.ts';
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
  /** Called when the first host on the way is dialled. */
  onDialled?: () => void;
  /**
   * Called when the first host on the way (the outermost jump host, if there is one) has shown a key that is accepted, or
   * before a person is asked about its key. The login sends nothing of the user's before `hold` resolves; the time limit
   * does not run meanwhile.
   */
  hold: () => Promise<void>;
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
    const login = await prepareLogin(withPatience(target, { deadline, hold }));
    if (!jump) stages?.onDialled?.();
    const transport = await openTransport(target, jump, deadline.signal);
    scope.defer(() => void transport.stream.destroy());
    const { link, hostKey } = await logIn(login, transport, {
      keepaliveMs: options.keepaliveMs,
      signal: deadline.signal,
      hold: hold && (() => deadline.suspendedDuring(hold())),
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

/** Of several jump hosts in a row, only the last one calls `onJumped`. */
function openJump(jump: SshTarget, { stages, ...options }: OpenLinkOptions): Promise<OpenLink> {
  return openLink(jump, { ...options, ...(stages && { stages: { ...stages, onJumped: () => undefined } }) });
}

async function openTransport(target: SshTarget, jump: SshLink | undefined, signal: AbortSignal): Promise<Transport> {
  if (!jump) return createTransport(await openTcp(target, signal));
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

/** The same target; its time limit does not run while a person is asked. */
function withPatience(
  target: SshTarget,
  { deadline, hold }: { deadline: PausableLimit; hold: LoginStages['hold'] | undefined },
): SshTarget {
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
      auth: { ...auth, askPassphrase: (file: string) => deadline.suspendedDuring(askPassphrase(file)) },
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
