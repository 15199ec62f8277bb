// One host, one owner: the record that says which host this state belongs to.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CodedError, errnoOf } from '@fairlead/kit';
import { decodeText, encodeText } from '@fairlead/protocol';
import { z } from 'zod';

import type { ControlErrorCode } from '../control-error.ts';
import { replaceFile } from './state-dir.ts';

const ownerRecord = z.object({
  host: z.string(),
  bootId: z.string(),
  pid: z.int(),
  /** The run directory. It must stay the last field: the gate, a shell script, reads it by its place. Absent: written by an older control. */
  runDir: z.string().optional(),
});
export type OwnerRecord = z.infer<typeof ownerRecord>;

/** Throws `foreign_owner` where another host has written the record. Writes nothing. */
export function checkOwnership(stateDir: string, host: string): void {
  const found = readOwner(stateDir);
  if (!found || found.host === host) return;
  throw new CodedError<ControlErrorCode>(
    'foreign_owner',
    `cannot serve ${stateDir} on ${host} because control lives on ${found.host}`,
    {
      hint: `Connect to ${found.host} itself. To move control here for good: stop it there, then start it here with --take-ownership and run \`fairlead init\` on each laptop.`,
    },
  );
}

export function writeOwner(stateDir: string, owner: OwnerRecord): void {
  replaceFile(ownerFile(stateDir), `${encodeText(ownerRecord, owner)}\n`);
}

export function readOwner(stateDir: string): OwnerRecord | undefined {
  let text: string;
  try {
    text = readFileSync(ownerFile(stateDir), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const decoded = decodeText(ownerRecord, text);
  return decoded.ok ? decoded.value : undefined;
}

function ownerFile(stateDir: string): string {
  return join(stateDir, 'owner.json');
}
