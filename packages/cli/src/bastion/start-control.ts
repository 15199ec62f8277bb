// Runs the gate over the user's own login: the gate starts control where none runs, and names the directory of the sockets.

import { join } from 'node:path/posix';

import { CodedError, shellQuote } from '@fairlead/kit';
import { decodeText, type GateLine, gateLine } from '@fairlead/protocol';
import type { SshConnection } from '@fairlead/ssh';

import type { CliErrorCode } from '../cli-error.ts';

export type RunningGate = Exclude<GateLine, { error: string }>;

/** Throws `bastion_unfit` with the gate's own words where it refuses. `control: absent` is an answer, not an error. */
export async function startControl(connection: SshConnection, stateDir: string): Promise<RunningGate> {
  await using gate = await connection.gate(shellQuote(join(stateDir, 'gate')));
  const decoded = decodeText(gateLine, gate.identityLine);
  if (decoded.ok && !('error' in decoded.value)) return decoded.value;
  const why =
    decoded.ok && 'error' in decoded.value
      ? (decoded.value.message ?? decoded.value.error)
      : gate.identityLine.slice(0, 200);
  throw new CodedError<CliErrorCode>('bastion_unfit', `cannot use ${connection.label} as a bastion: ${why}`, {
    hint: 'Set bastion.runDir to a directory of your own on local disk there, with a short path.',
  });
}
