// A channel to the front of an endpoint, and TLS within it where the endpoint has that.

import type { Duplex } from 'node:stream';

import { CodedError, untilAborted } from '@fairlead/kit';
import type { EndpointAddress, EndToEnd } from '@fairlead/protocol';
import type { SshErrorCode } from '@fairlead/ssh';

import type { Reach } from '../carrier.ts';
import type { ReachErrorCode } from '../carrier-error.ts';
import { securePinned } from '../secure-pinned.ts';
import { securedChannel } from './secured-channel.ts';

export interface SecuredEndpoint {
  address: EndpointAddress;
  /** As its agent has told control. Absent: SSH alone encrypts. */
  endToEnd?: Pick<EndToEnd, 'fingerprint'> | undefined;
}

/** A front answers at once; the way to it takes two round trips. */
const handshakeTimeoutMs = 20_000;

/**
 * A new channel, which the caller closes. Nothing is sent through it before the front has shown the certificate. Rejects as `reach` does, and with
 * `endpoint_untrusted` where another one was shown.
 */
export async function reachEndpoint(
  reach: Pick<Reach, 'reach'>,
  { address, endToEnd }: SecuredEndpoint,
  options: { signal?: AbortSignal } = {},
): Promise<Duplex> {
  return secureEndpoint(await reach.reach(address, options), endToEnd, options);
}

/** The same over a channel that is open. Owns it: it is destroyed on failure, and with what this resolves with later. */
export async function secureEndpoint(
  channel: Duplex,
  endToEnd: SecuredEndpoint['endToEnd'],
  { signal }: { signal?: AbortSignal } = {},
): Promise<Duplex> {
  if (!endToEnd) return channel;
  const cut = () => channel.destroy();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    const pin = { fingerprint: endToEnd.fingerprint, limitMs: handshakeTimeoutMs };
    const secured = await untilAborted(securePinned(channel, pin), signal);
    if (secured.ok) return securedChannel(secured.socket, channel);
    throw secured.reason === 'untrusted' ? untrusted(secured.cause) : lost(secured.cause);
  } catch (error) {
    channel.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cut);
  }
}

function untrusted(cause: Error): CodedError<ReachErrorCode> {
  return new CodedError(
    'endpoint_untrusted',
    `cannot use the endpoint because its encryption does not lead to the agent that told control of it: ${cause.message}`,
    {
      hint: 'Nothing was sent. Another process answers at its socket on the bastion, or the record in control was changed: ask who has access to the account there. Compare `fairlead status` with the line `end to end` of `fairlead logs --source agent`.',
      cause,
    },
  );
}

function lost(cause: unknown): CodedError<SshErrorCode> {
  return new CodedError('connection_lost', 'the channel to the front was lost before it was encrypted', {
    retryable: true,
    cause,
  });
}
