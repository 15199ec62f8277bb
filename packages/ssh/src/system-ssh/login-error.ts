// Turns ssh's words about a failed login or a lost connection into the errors of our own driver. Pure.
// Only the words of OpenSSH 9.2 on Linux were captured; those of other versions and systems are from knowledge.

import type { CodedError, CodedErrorOptions } from '@fairlead/kit';

import { type SshErrorCode, sshError } from '../ssh-error.ts';

export interface FailedLogin {
  label: string;
  /** ssh's log and stderr, with its debug messages. */
  said: string;
  /** The host's keys are pinned, so an unknown key is reported as a changed one. */
  isPinned: boolean;
  mayAsk: boolean;
  /** The file of the only key that the login offered. */
  keyPath?: string | undefined;
}

/** The cause of a refused login whose key the server accepted: the server asks for something else besides, such as a code. */
export class KeyAccepted extends Error {}

interface Cause extends CodedErrorOptions {
  pattern: RegExp;
  code: SshErrorCode;
  because: (match: RegExpMatchArray) => string;
}

const causes: readonly Cause[] = [
  {
    pattern: /REVOKED HOST KEY|Host key \S+ (?:for \S+ )?(?:is|was) (?:marked as )?revoked/i,
    code: 'host_key_revoked',
    because: () => 'its host key is marked as revoked',
    hint: 'Do not connect. Ask the operator of the host.',
  },
  {
    pattern: /Host key for (\S+) has changed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    code: 'host_key_changed',
    because: () => 'its host key changed',
    hint: 'A third party may be intercepting the connection, or the host was reinstalled. Ask its operator; only if the new fingerprint is right, remove the old key from known_hosts.',
  },
  {
    pattern: /No (\S+) host key is known for|Host key verification failed/i,
    code: 'host_key_unknown',
    because: () => 'its host key is not known',
    hint: 'Compare the fingerprint with what the site publishes, then log in once with `ssh` by hand and accept it.',
  },
  {
    pattern: /Could not resolve hostname (\S+): (.*)/i,
    code: 'dns',
    because: ([, host, why]) => `no address is known for ${host}: ${why}`,
    hint: 'Check the spelling; some names exist only inside the site or its VPN.',
  },
  {
    pattern:
      /(?:Bad configuration option|Bad owner or permissions on|terminating, \d+ bad configuration|Unsupported option|Bad \S+ (?:argument|specification)|missing argument)[^\n]*/i,
    code: 'ssh_config_invalid',
    because: ([text]) => `ssh says: ${text}`,
    hint: 'Run `ssh -G <host>`: it names the line.',
  },
  {
    pattern: /connect to host \S+ port \d+: Connection refused/i,
    code: 'refused',
    because: ([text]) => `ssh says: ${text}`,
    hint: 'Check host and port, and that the SSH server is running.',
    retryable: true,
  },
  {
    pattern:
      /connect to host \S+ port \d+: (?:Connection|Operation) timed out|timed out during banner exchange|Connection to \S+ port \d+ timed out/i,
    code: 'timeout',
    because: () => 'the host does not answer',
    hint: 'A firewall may be in the way, or a VPN may be needed.',
    retryable: true,
  },
  {
    pattern: /connect to host \S+ port \d+: ([^\n]*)/i,
    code: 'unreachable',
    because: ([, why]) => `the network says: ${why}`,
    hint: 'Check the network of this machine and the route to the host.',
    retryable: true,
  },
  {
    pattern: /(?:stdio forwarding failed|open failed: (?:connect failed|administratively prohibited)[^\n]*)/i,
    code: 'unreachable',
    because: ([text]) => `the jump host does not get there: ${text}`,
    hint: 'Check host and port as the jump host sees them; it must allow forwarding (sshd_config: AllowTcpForwarding).',
    retryable: true,
  },
  {
    pattern: /Load key "([^"]*)": incorrect passphrase|Enter passphrase for key '([^']*)'/i,
    code: 'passphrase_needed',
    because: ([, one, two]) => `the key ${one ?? two} has a passphrase`,
    hint: 'Put it into the SSH agent: ssh-add.',
  },
  {
    pattern:
      /Unable to negotiate[^\n]*|no matching [^\n]* found[^\n]*|Protocol major versions differ[^\n]*|invalid format|banner line contains invalid[^\n]*/i,
    code: 'protocol',
    because: ([text]) => `ssh says: ${text}`,
    hint: 'Allow the cipher or key type for this host in ~/.ssh/config.',
  },
  {
    pattern: /Timeout, server \S+ not responding/i,
    code: 'connection_lost',
    because: () => 'nothing came from it any more',
    hint: 'The network between is cut or the host hangs.',
    retryable: true,
  },
  {
    pattern: /(?:kex_exchange_identification|ssh_exchange_identification)[^\n]*/i,
    code: 'connection_lost',
    because: () => 'it hung up before saying a word',
    hint: 'It may be turning away many connections at once (sshd_config: MaxStartups, PerSourcePenalties), or a firewall answers in its place. Wait a minute.',
    retryable: true,
  },
];

/** ssh's last words about a refused login; they may list the server's methods. */
const deniedPattern =
  /(?:(\S+@\S+): )?Permission denied \(([^)]*)\)|Too many authentication failures|No more authentication methods to try/gi;

export function loginError(failed: FailedLogin): CodedError<SshErrorCode> {
  const { label, isPinned } = failed;
  const all = failed.said.replaceAll('\r', '');
  // Debug messages report steps, not outcomes.
  const said = all.replaceAll(/^debug\d: .*$/gm, '');
  const what = `cannot log in to ${label} with the system's ssh`;
  for (const { pattern, code, because, ...options } of causes) {
    const match = pattern.exec(said);
    if (!match) continue;
    if (code === 'host_key_unknown' || code === 'host_key_changed')
      return hostKeyError(what, all, { code, options, isPinned });
    return sshError(code, `${what} because ${because(match)}`, options);
  }
  const denied = [...said.matchAll(deniedPattern)].at(-1);
  if (denied) return authError(what, all, { who: denied[1], methods: denied[2], failed });
  // Not retried automatically: the user may be away, and servers count such logins.
  if (/^debug1: Next authentication method: (?:keyboard-interactive|password)/m.test(all)) {
    return sshError('auth_failed', `${what} because its question was not answered: ${lastWords(said)}`, {
      hint: 'Run the command again and answer it in time.',
    });
  }
  return sshError('connection_lost', `${what}: ${lastWords(said)}`, {
    hint: 'Try the same by hand with `ssh -v`.',
    retryable: true,
  });
}

/** The cause of the end of an open connection. */
export function lossError(label: string, said: string): CodedError<SshErrorCode> {
  const silent = /Timeout, server \S+ not responding/i.test(said);
  const why = silent ? 'nothing came from it any more' : lastWords(said.replaceAll('\r', ''));
  return sshError('connection_lost', `lost ${label}: ${why}`, {
    hint: 'The host or the network between cut the connection. Try again.',
    retryable: true,
  });
}

/** Type and fingerprint of the key that the server showed; for a certificate, those of the key in it. */
export function presentedKey(said: string): { type: string; fingerprint: string } | undefined {
  const match = /Server host (?:key|certificate): (\S+) (SHA256:[A-Za-z0-9+/]+)/.exec(said);
  if (!match?.[1] || !match[2]) return undefined;
  return { type: match[1].replace(/-cert-v\d+@openssh\.com$/, ''), fingerprint: match[2] };
}

function hostKeyError(
  what: string,
  said: string,
  { code, options, isPinned }: { code: SshErrorCode; options: CodedErrorOptions; isPinned: boolean },
): CodedError<SshErrorCode> {
  const key = presentedKey(said);
  const got = key ? `: got ${key.type} ${key.fingerprint}` : '';
  const where = /Offending \S+ key in (\S+:\d+)/i.exec(said)?.[1];
  if (isPinned) {
    const hint =
      'A third party may be intercepting the connection, or the host was reinstalled. Ask its operator; only if the new fingerprint is right, run `fairlead init` again.';
    return sshError('host_key_changed', `${what} because its host key is none of the pinned ones${got}`, { hint });
  }
  const because =
    code === 'host_key_changed'
      ? `its host key changed${where ? ` (${where} has another)` : ''}`
      : 'its host key is not known';
  return sshError(code, `${what} because ${because}${got}`, options);
}

function authError(
  what: string,
  said: string,
  {
    who = 'the server',
    methods,
    failed,
  }: { who?: string | undefined; methods: string | undefined; failed: FailedLogin },
): CodedError<SshErrorCode> {
  const { mayAsk, keyPath } = failed;
  const isPartial = said.includes('with partial success');
  // Before 8.0 ssh does not name the key.
  const accepted = /Server accepts key: (?:pkalg|(\S+))/.exec(said);
  if (accepted && !isPartial && !mayAsk && !said.includes('sign_and_send_pubkey')) {
    return sshError('passphrase_needed', `${what} because the key ${accepted[1] ?? 'it accepts'} has a passphrase`, {
      hint: 'Put it into the SSH agent (ssh-add), or run the command in a terminal.',
    });
  }
  const offered = [...said.matchAll(/Offering public key: (\S+)/g)].map((match) => match[1] ?? '');
  const tried = offered.length === 0 ? '' : `; offered ${[...new Set(offered)].join(', ')}`;
  const takes = methods === undefined ? '' : ` (it takes ${methods.replaceAll(',', ', ')})`;
  const asks = /keyboard-interactive|password/.test(methods ?? '') && !mayAsk;
  const hint = asks
    ? 'It may want a password or a code: run the command in a terminal, where ssh can ask for it, or open a connection to share first (ControlMaster in ~/.ssh/config).'
    : 'Try the same by hand with `ssh -v`. A ticket or certificate may have expired (klist, ssh-keygen -L), or the agent is locked.';
  return sshError('auth_failed', `${what} because ${who} does not let us in${takes}${tried}`, {
    hint,
    ...(isPartial && keyPath !== undefined && accepted?.[1] === keyPath ? { cause: new KeyAccepted() } : {}),
  });
}

const noCause =
  /^debug\d: |^Transferred: |^Bytes per second: |^Connection to \S+ closed\.$|^Warning: Permanently added/;

function lastWords(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !noCause.test(line));
  return lines.at(-1)?.trim() ?? 'the other side closed the connection';
}
