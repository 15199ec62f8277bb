// The directory of a gateway: its database has the keys of members, and its sockets take orders. Who can replace those files is its owner.

import { mkdirSync, statSync } from 'node:fs';

import { CodedError } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';

/** Makes it where there is none, for this account alone. Throws `gateway_store_failed` where another account could replace what lies in it. */
export function openStateDir(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(stateDir);
  const own = process.getuid?.() ?? uid;
  if (uid !== own) throw unsafe(stateDir, `it belongs to another account (uid ${uid}, not ${own})`);
  if ((mode & 0o002) !== 0) throw unsafe(stateDir, 'every account of this host may write there');
}

function unsafe(stateDir: string, why: string): CodedError<GatewayErrorCode> {
  return new CodedError('gateway_store_failed', `cannot use ${stateDir} because ${why}`, {
    hint: `Give a directory of this account with --state, or close this one: chmod 700 ${stateDir}.`,
  });
}
