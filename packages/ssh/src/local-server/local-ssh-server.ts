// What a private SSH server on this machine offers, whichever program it is: the demo and the tests log in to it.

export interface LocalSshServer extends AsyncDisposable {
  readonly kind: 'sshd' | 'builtin';
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The only account it lets in: the one it runs as. */
  readonly user: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyLine: string;
  readonly authorizedKeysPath: string;
  /** Cuts every session now; the server goes on. */
  dropSessions(): Promise<void>;
}

export interface LocalSshServerOptions {
  /** Holds the server's own files; made if missing, and what the server wrote is removed from it at the end. */
  dir: string;
  /** Lines for a new authorized_keys file; a file that is there already is left as it is. */
  authorizedKeys?: readonly string[];
  /** Default `<dir>/authorized_keys`. */
  authorizedKeysPath?: string;
}
