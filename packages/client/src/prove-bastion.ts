// Whether an SSH connection ends on the pinned host, and whether control lives there: the gate's word, read and compared.

import { posix } from 'node:path';

import { CodedError, shellQuote, withTimeLimit } from '@fairlead/kit';
import { decodeText, type GateLine, gateLine, type LaptopProfile } from '@fairlead/protocol';
import type { Gate, SshConnection } from '@fairlead/tunnel';

import type { ClientErrorCode } from './client-error.ts';

/** How long the gate may take: it may have to start control on a slow file system. */
const GATE_LIMIT_MS = 20_000;

export type ControlFault = NonNullable<Extract<GateLine, { fairlead: number }>['why']>;

/** Runs the gate: it revives control, names the host, and its open channel makes sshd send small packets at once. */
export async function proveBastion(
  connection: Pick<SshConnection, 'gate'>,
  profile: LaptopProfile,
): Promise<{ gate: Gate; line: GateLine }> {
  const command = shellQuote(posix.join(profile.bastion.stateDir, 'gate'));
  const gate = await withTimeLimit(connection.gate(command), GATE_LIMIT_MS, () =>
    gateFailed(profile, `it did not answer within ${GATE_LIMIT_MS / 1000} s`),
  );
  try {
    const line = decodeGateLine(gate.identityLine, profile);
    checkGateLine(line, profile);
    return { gate, line };
  } catch (error) {
    // On a connection that goes on it would take one of the few sessions that sshd allows.
    await gate[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where control has said why it does not start, that is what its user has to know. */
export function controlFailed(profile: LaptopProfile, fault: ControlFault | undefined, cause: unknown): unknown {
  if (!fault) return cause;
  const { message, hint } = fault;
  return new CodedError<ClientErrorCode>(
    'control_unreachable',
    `cannot reach control because it does not start on ${profile.bastion.host}: ${message}`,
    { ...(hint === undefined ? {} : { hint }), cause },
  );
}

function decodeGateLine(text: string, profile: LaptopProfile): GateLine {
  const decoded = decodeText(gateLine, text);
  if (decoded.ok) return decoded.value;
  throw gateFailed(profile, `its first line was not the gate's: got ${JSON.stringify(text.slice(0, 80))}`);
}

export function checkGateLine(line: GateLine, profile: LaptopProfile): void {
  if ('error' in line) throw gateFailed(profile, line.message ?? line.error);
  const { host, runDir } = profile.bastion;
  if (line.host !== host) {
    throw new CodedError<ClientErrorCode>(
      'bastion_moved',
      `cannot use this bastion because it is host ${line.host}, not ${host}, which holds the sockets`,
      {
        hint: `The name ${nameOf(profile)} may stand for several hosts. Name ${host} itself in bastion.fromLaptop.host, or run \`fairlead init\` again to move to ${line.host}.`,
      },
    );
  }
  if (line.run !== runDir) {
    throw new CodedError<ClientErrorCode>(
      'bastion_moved',
      `cannot find the sockets because their directory on the bastion is now ${line.run}, not ${runDir}`,
      {
        hint: 'Run `fairlead init` again.',
      },
    );
  }
}

/** Of several routes the error that holds this one names the one that was taken. */
function nameOf({ bastion }: LaptopProfile): string {
  return bastion.routes.map(({ host }) => host).join(' or ');
}

function gateFailed(profile: LaptopProfile, what: string): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `cannot use ${nameOf(profile)} as a bastion because its gate failed: ${what}`, {
    hint: `Run \`fairlead init\` again, or look at ${profile.bastion.stateDir}/gate there.`,
  });
}
