// OpenSSH's words and the errors that we make of them. Only those of 9.2 on Linux were captured; those of other versions and systems
// are from knowledge.

import { describe, expect, it } from 'vitest';

import { loginError, lossError, presentedKey } from './login-error.ts';

const changed = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:WDVnI5EkjYY9fUynj9unhDG/aM3Z5T1jMWboPvBaBRE.
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/me/.ssh/known_hosts:7
Host key for gate.example.org has changed and you have requested strict checking.
Host key verification failed.`;

const of = (said: string, more: { isPinned?: boolean; mayAsk?: boolean } = {}) =>
  loginError({ label: 'me@gate', said, isPinned: false, mayAsk: false, ...more });

describe('loginError', () => {
  it.each([
    // Linux, then macOS.
    ['dns', 'ssh: Could not resolve hostname nowhere.invalid: Name or service not known'],
    ['dns', 'ssh: Could not resolve hostname nowhere.invalid: nodename nor servname provided, or not known'],
    ['dns', 'ssh: Could not resolve hostname gate: Temporary failure in name resolution'],
    ['refused', 'ssh: connect to host 127.0.0.1 port 1: Connection refused'],
    ['timeout', 'ssh: connect to host 192.0.2.1 port 22: Connection timed out'],
    ['timeout', 'ssh: connect to host 192.0.2.1 port 22: Operation timed out'],
    ['timeout', 'Connection timed out during banner exchange\nConnection to 127.0.0.1 port 4444 timed out'],
    ['unreachable', 'ssh: connect to host 192.0.2.1 port 22: No route to host'],
    ['unreachable', 'ssh: connect to host 2001:db8::1 port 22: Network is unreachable'],
    [
      'unreachable',
      'channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535',
    ],
    [
      'connection_lost',
      'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 127.0.0.1 port 22',
    ],
    ['connection_lost', 'ssh_exchange_identification: Connection closed by remote host'],
    ['connection_lost', 'Connection closed by 127.0.0.1 port 22'],
    [
      'protocol',
      'Unable to negotiate with 192.0.2.7 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss',
    ],
    [
      'protocol',
      'kex_exchange_identification: banner line contains invalid characters\nbanner exchange: Connection to 127.0.0.1 port 80: invalid format',
    ],
    ['host_key_changed', changed],
    [
      'host_key_unknown',
      'No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\r\nHost key verification failed.',
    ],
    ['host_key_unknown', 'Host key verification failed.'],
    [
      'host_key_revoked',
      '@       WARNING: REVOKED HOST KEY DETECTED!               @\nThe ED25519 host key for gate is marked as revoked.\nHost key verification failed.',
    ],
    [
      'ssh_config_invalid',
      '/home/me/.ssh/config: line 3: Bad configuration option: nonsense\n/home/me/.ssh/config: terminating, 1 bad configuration options',
    ],
    ['ssh_config_invalid', 'Bad owner or permissions on /home/me/.ssh/config'],
    [
      'passphrase_needed',
      'Load key "/home/me/.ssh/id": incorrect passphrase supplied to decrypt private key\nme@gate: Permission denied (publickey).',
    ],
    ['auth_failed', 'me@gate: Permission denied (publickey,gssapi-keyex,gssapi-with-mic).'],
    ['auth_failed', 'Permission denied (publickey).'],
    [
      'auth_failed',
      'Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures\nDisconnected from 127.0.0.1 port 22',
    ],
    [
      'auth_failed',
      'sign_and_send_pubkey: signing failed for ED25519-SK "/home/me/.ssh/id_sk": device not found\nme@gate: Permission denied (publickey).',
    ],
  ])('makes %s of: %s', (code, said) => {
    expect(of(said).code).toBe(code);
    expect(of(said.replaceAll('\n', '\r\n')).code).toBe(code);
  });

  it('does not take debug messages for causes', () => {
    const debug =
      'debug1: Host key for gate has changed: no\ndebug1: Authentications that can continue: publickey,password';
    expect(of(`${debug}\nme@gate: Permission denied (publickey,password).`).code).toBe('auth_failed');
  });

  it('names the methods that the server accepts, the keys that were offered, and the cure', () => {
    const said =
      'debug1: Offering public key: /home/me/.ssh/id ED25519 SHA256:x\nme@gate: Permission denied (keyboard-interactive).';
    const error = of(said);
    expect(error.message).toMatch(/takes keyboard-interactive.*offered \/home\/me\/\.ssh\/id/);
    expect(error.hint).toContain('in a terminal');
    expect(of(said, { mayAsk: true }).hint).not.toContain('in a terminal');
  });

  it('reports a key that the server accepted and that could not be used', () => {
    const said = 'debug1: Server accepts key: /k ED25519 SHA256:x explicit\nme@gate: Permission denied (publickey).';
    expect(of(said)).toMatchObject({ code: 'passphrase_needed', hint: expect.stringContaining('ssh-add') as string });
    expect(of(`${said}\nAuthenticated using "publickey" with partial success.`).code).toBe('auth_failed');
  });

  it('does not report an unanswered question as a lost connection, which would be retried', () => {
    const said = 'debug1: Next authentication method: keyboard-interactive\nConnection closed by 192.0.2.7 port 22';
    expect(of(said, { mayAsk: true })).toMatchObject({ code: 'auth_failed', retryable: false });
  });

  it('names the line of the old key, and the key that the host showed', () => {
    const said = `debug1: Server host key: ssh-ed25519 SHA256:WDVnI5EkjYY9fUynj9unhDG/aM3Z5T1jMWboPvBaBRE\n${changed}`;
    expect(of(said).message).toMatch(/known_hosts:7.*ssh-ed25519 SHA256:WDVn/);
  });

  it('reports an unknown key as changed if keys are pinned', () => {
    expect(
      of('No ECDSA host key is known for gate and you have requested strict checking.', { isPinned: true }).code,
    ).toBe('host_key_changed');
  });
});

it('presentedKey finds a key, and the key in a certificate', () => {
  const fingerprint = 'SHA256:WDVnI5EkjYY9fUynj9unhDG/aM3Z5T1jMWboPvBaBRE';
  const type = 'ssh-ed25519';
  expect(presentedKey(`debug1: Server host key: ssh-ed25519 ${fingerprint}\n`)).toEqual({ type, fingerprint });
  expect(
    presentedKey(`debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com ${fingerprint}, serial 0 ID "h"\n`),
  ).toEqual({ type, fingerprint });
  expect(presentedKey('debug1: nothing of the kind')).toBeUndefined();
});

it.each([
  ['Timeout, server gate not responding.', 'nothing came from it any more'],
  ['debug1: channel 2: free\nclient_loop: send disconnect: Broken pipe', 'Broken pipe'],
  [
    'Connection to gate closed by remote host.\nConnection to gate closed.\nTransferred: sent 1, received 2 bytes',
    'closed by remote host',
  ],
  ['', 'closed the connection'],
])('lossError finds the cause in %s', (said, words) => {
  expect(lossError('me@gate', said)).toMatchObject({
    code: 'connection_lost',
    retryable: true,
    message: expect.stringContaining(words) as string,
  });
});
