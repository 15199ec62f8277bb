// Logs in over an open byte stream: checks the host key and offers the identities. Fails with one error that says why.

import { type CodedError, errorText, isCodedError, defined } from '@fairlead/kit';
import ssh2 from 'ssh2';
import { findIdentities, type FoundIdentities } from '../auth/find-identities.ts';
import { IdentityAgent } from '../auth/identity-agent.ts';
import { decodeHostKey, type HostKey } from '../host-key/host-key.ts';
import { type HostKeyVerifier, openHostKeyVerifier } from '../host-key/host-key-verifier.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import { prepareKeys, stopTracing } from './ssh2-internals.ts';
import { SshLink } from './ssh-link.ts';
import type { Transport } from './transport.ts';

export interface LoggedIn {
  link: SshLink;
  hostKey: HostKey;
}

/** What a login needs from this machine's files. */
export interface PreparedLogin {
  target: SshTarget;
  found: FoundIdentities;
  verifier: HostKeyVerifier;
}

export async function prepareLogin(target: SshTarget): Promise<PreparedLogin> {
  return { target, found: await findIdentities(target.auth), verifier: await openHostKeyVerifier(target) };
}

export interface LogInOptions {
  keepaliveMs: number;
  signal: AbortSignal;
  /** As in `LoginStages`. */
  hold?: (() => Promise<void>) | undefined;
  onSigned?: (() => void) | undefined;
}

/** Listens on the transport at once, so that it misses no event. Rejects with the cause of the end; an abort ends the connection. The caller ends `link`. */
export async function logIn(
  { target, found, verifier }: PreparedLogin,
  transport: Transport,
  options: LogInOptions,
): Promise<LoggedIn> {
  const label = targetLabel(target);
  options.signal.throwIfAborted();
  // It hung up while this code was loaded and the keys were read.
  if (transport.stream.destroyed) throw hungUp(label, transport.stream.errored ?? undefined);
  const client = new ssh2.Client();
  const link = new SshLink(client, transport, label);
  const check = createHostKeyCheck(link, verifier, options.hold);
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  client.once('ready', resolve);
  client.on('handshake', () => prepareKeys(client));
  client.on('error', (error) => onClientError(link, error, { target, found }));
  const onAbort = () => link.end(abortCause(options.signal, label));
  options.signal.addEventListener('abort', onAbort, { once: true });
  client.connect({
    sock: transport.stream,
    username: target.user,
    readyTimeout: 0,
    keepaliveInterval: options.keepaliveMs,
    // ssh2 only sends the keepalives; watchLife decides when the connection is lost.
    keepaliveCountMax: Number.MAX_SAFE_INTEGER,
    strictVendor: false,
    algorithms: { serverHostKey: verifier.algorithms },
    hostVerifier: (blob: Buffer, answer: (permitted: boolean) => void) => check.verify(blob, answer),
    authHandler: authOnce(target.user, found, options.onSigned),
    debug: (text) => noteServerMessage(link, text),
  });
  try {
    await Promise.race([ready, failOnEnd(link)]);
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
  stopTracing(client);
  const hostKey = check.believed();
  if (!hostKey) throw sshError('protocol', `cannot use ${label} because it showed no host key`);
  return { link, hostKey };
}

/** ssh2 shows the host key at the start and again at every rekey; the accepted key is not judged again. */
function createHostKeyCheck(link: SshLink, verifier: HostKeyVerifier, hold?: () => Promise<void>) {
  let hostKey: HostKey | undefined;
  const judge = async (blob: Buffer, answer: (permitted: boolean) => void) => {
    const key = decodeHostKey(blob);
    const refusal = hostKey?.base64 === key.base64 ? undefined : await verifier.refuse(key);
    if (refusal) link.end(refusal);
    else if (!hostKey) {
      hostKey = key;
      await hold?.();
    }
    answer(refusal === undefined);
  };
  return {
    believed: () => hostKey,
    verify(blob: Buffer, answer: (permitted: boolean) => void): void {
      judge(blob, answer).catch((cause: unknown) => {
        link.end(sshError('protocol', `cannot check the host key of ${link.label}: ${errorText(cause)}`, { cause }));
      });
    },
  };
}

async function failOnEnd(link: SshLink): Promise<never> {
  await link.closed;
  throw link.ended.reason;
}

/** Offers all keys once, as one agent; ssh2 takes `false` for "nothing left to try". */
function authOnce(username: string, { identities, failures }: FoundIdentities, onSigned?: () => void) {
  let isTried = false;
  return () => {
    if (isTried || identities.length === 0) return false as never;
    isTried = true;
    return { type: 'agent' as const, username, agent: new IdentityAgent(identities, failures, onSigned) };
  };
}

function onClientError(
  link: SshLink,
  error: Error & { level?: string; code?: unknown },
  login: { target: SshTarget; found: FoundIdentities },
): void {
  // A key that cannot sign: ssh2 goes on to the next key.
  if (error.level === 'agent') return;
  const { label } = link;
  if (error.level === 'client-authentication' || /authentication failures/i.test(error.message)) {
    return link.end(authError(login.target, login.found));
  }
  if (error.level === 'handshake' || error.level === 'protocol') {
    return link.end(handshakeError(label, error));
  }
  link.end(
    sshError('connection_lost', `lost ${label}: ${errorText(error)}`, {
      hint: 'The host or the network between cut the connection. Try again.',
      retryable: true,
      cause: error,
    }),
  );
}

function hungUp(label: string, cause: Error | undefined): CodedError<SshErrorCode> {
  return sshError('connection_lost', `cannot log in to ${label} because it hung up before saying a word`, {
    hint: 'It may be turning away many connections at once (sshd_config: MaxStartups, PerSourcePenalties), or a firewall answers in its place. Wait a minute.',
    retryable: true,
    cause,
  });
}

function handshakeError(label: string, cause: Error): CodedError<SshErrorCode> {
  if (/before handshake/i.test(cause.message)) return hungUp(label, cause);
  // Another try can cure damaged bytes, but not a lack of common algorithms.
  const retryable = !/no matching/i.test(cause.message);
  return sshError('protocol', `cannot talk SSH with ${label}: ${cause.message}`, { retryable, cause });
}

/** For the errors of a laptop's login. A job's login has one key and no other way. */
const otherWays =
  " For Kerberos, certificates, FIDO keys, passwords and codes, let the system's ssh log in: `driver: ssh`.";

function authError(target: SshTarget, { identities, failures }: FoundIdentities): CodedError<SshErrorCode> {
  const what = `cannot log in to ${targetLabel(target)} as ${target.user}`;
  const tried = identities.map((identity) => identity.name).join(', ');
  const passphrase = failures.find((failure) => failure.code === 'passphrase_needed');
  if (passphrase) return sshError('passphrase_needed', `${what}: ${passphrase.message}`, optionsOf(passphrase));
  const [failure] = failures;
  if (identities.length === 0) {
    if (failure) return sshError(failure.code, `${what}: ${failure.message}`, optionsOf(failure));
    const looked = target.auth.identityFiles?.join(', ') ?? 'no file';
    return sshError('auth_failed', `${what} because there is no key to offer: looked at ${looked}`, {
      hint: `Make a key with ssh-keygen and authorize it on the host, or name one (IdentityFile in ~/.ssh/config).${otherWays}`,
    });
  }
  const also = failures.map((one) => ` (${one.message})`).join('');
  return sshError('auth_failed', `${what} because the server accepted none of: ${tried}${also}`, {
    hint: `Check that the key is in the account's authorized_keys and still valid: \`ssh -p ${target.port} ${target.user}@${target.host}\` should log in without a password.${target.auth.privateKey ? '' : otherWays}`,
  });
}

function optionsOf(error: CodedError<SshErrorCode>) {
  return { ...defined({ hint: error.hint }), retryable: error.retryable, cause: error };
}

function abortCause(signal: AbortSignal, label: string): CodedError<SshErrorCode> {
  if (isCodedError<SshErrorCode>(signal.reason)) return signal.reason;
  return sshError('connection_lost', `stopped logging in to ${label}`, { cause: signal.reason });
}

function noteServerMessage(link: SshLink, text: string): void {
  const note = /^Debug output from server: (".*")$/s.exec(text)?.[1];
  if (note !== undefined) link.addNote(String(JSON.parse(note)));
}
