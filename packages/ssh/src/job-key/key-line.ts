// The line in authorized_keys with which jobs log in, and its restrictions (sshd(8), AUTHORIZED_KEYS FILE FORMAT).

import { shellQuote } from '@fairlead/kit';
import { parseHostKeyLine } from '../host-key/host-key.ts';

export interface KeyLine {
  /** `ssh-ed25519 AAAA…`; a comment is left out. */
  publicKey: string;
  /** Absolute path of the gate on the bastion. */
  gatePath: string;
  /** sshd accepts the key at least until then, and at most 26 hours longer: see formatExpiryTime. */
  expiresAt: Date;
  /** Identifies our line: letters, digits, `.`, `_`, `-`. */
  marker: string;
}

/**
 * `restrict` alone stops no command; the forced command does. The dummy `permitopen` refuses every direct forward, to
 * sockets too; the dummy `permitlisten` refuses every TCP listener. A job may still listen on unix sockets and reach the gate.
 */
export function renderKeyLine({ publicKey, gatePath, expiresAt, marker }: KeyLine): string {
  const key = parseHostKeyLine(publicKey);
  if (!key) throw new TypeError('cannot write a key line because the public key is not one');
  if (!gatePath.startsWith('/') || hasControlCharacter(gatePath) || gatePath.includes('"')) {
    throw new TypeError(
      `cannot write a key line because the gate's path must be absolute and free of quotes and control characters: got ${JSON.stringify(gatePath)}`,
    );
  }
  const options = [
    'restrict',
    'port-forwarding',
    'permitopen="127.0.0.1:1"',
    'permitlisten="127.0.0.1:1"',
    `command="${shellQuote(gatePath)}"`,
    `expiry-time="${formatExpiryTime(expiresAt)}"`,
  ];
  return `${options.join(',')} ${key.type} ${key.base64} ${markerComment(marker)}`;
}

/**
 * `YYYYMMDDHHMM`, which sshd reads in its own time zone (older versions do not know the suffix `Z`, which would disable the
 * line). Time zones reach from 12 hours behind UTC to 14 hours ahead of it.
 */
export function formatExpiryTime(expiresAt: Date): string {
  const latest = new Date(expiresAt.getTime() + 14 * 3_600_000);
  return latest.toISOString().replaceAll(/[-T:]/g, '').slice(0, 12);
}

export function markerComment(marker: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(marker)) {
    throw new TypeError(
      `cannot mark a key line with ${JSON.stringify(marker)}: letters, digits, ".", "_" and "-" only`,
    );
  }
  return `fairlead:${marker}`;
}

function hasControlCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text);
}
