// The interface of a private SSH server on this machine, for sshd and the builtin server. The demo and the tests log in to it.

export interface LocalSshServer extends AsyncDisposable {
  readonly kind: 'sshd' | 'builtin';
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The only account that may log in: the one that runs the server. */
  readonly user: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyLine: string;
  readonly authorizedKeysPath: string;
  /** Cuts every session; the server goes on. */
  dropSessions(): Promise<void>;
}

export interface LocalSshServerOptions {
  /** Directory of the server's own files. The server creates it if it is missing and removes its files at the end. */
  dir: string;
  /** Lines for a new authorized_keys file; an existing file stays unchanged. */
  authorizedKeys?: readonly string[];
  /** Default `<dir>/authorized_keys`. */
  authorizedKeysPath?: string;
}
