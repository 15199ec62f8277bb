// One gateway serves a state directory: two would each allow the limits of every member. The kernel gives the claim back with its process.

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { CodedError, errorText } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import { openStateDir } from './open-state-dir.ts';

/** Held until it is disposed. Throws `gateway_already_serves` and `gateway_store_failed`. */
export function claimServing(stateDir: string, pid: number): Disposable {
  const file = join(stateDir, 'serving.db');
  try {
    openStateDir(stateDir);
    const connection = new DatabaseSync(file, { timeout: 0 });
    try {
      chmodSync(file, 0o600);
      hold(connection, pid);
      return { [Symbol.dispose]: () => connection.close() };
    } catch (error) {
      const holder = holderOf(connection);
      connection.close();
      throw isBusy(error) ? alreadyServes(stateDir, holder) : error;
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError<GatewayErrorCode>(
      'gateway_store_failed',
      `cannot use ${file} because SQLite cannot: got ${errorText(error)}`,
      { hint: 'See that the disk has room and the file belongs to this account.', cause: error },
    );
  }
}

/** The transaction that stays open is the claim: others can still read who has it. */
function hold(connection: DatabaseSync, pid: number): void {
  connection.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL); DELETE FROM holder');
  connection.prepare('INSERT INTO holder VALUES (?)').run(pid);
  connection.exec('COMMIT; BEGIN IMMEDIATE');
}

function holderOf(connection: DatabaseSync): number | undefined {
  try {
    return Number(connection.prepare('SELECT pid FROM holder').get()?.['pid']) || undefined;
  } catch {
    // It writes its number at this moment.
    return undefined;
  }
}

const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === sqliteBusy;
}

function alreadyServes(stateDir: string, holder: number | undefined): CodedError<GatewayErrorCode> {
  const who = holder === undefined ? 'another process' : `process ${holder}`;
  return new CodedError(
    'gateway_already_serves',
    `cannot serve ${stateDir} because a gateway serves it already: got ${who}`,
    {
      hint: 'Use that gateway, stop it, or give this one another --state.',
    },
  );
}
