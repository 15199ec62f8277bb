// Whether an SSH connection ends on the pinned host, and whether control lives there: reads the gate's line and compares it.

import { posix } from 'node:path';

import { CodedError, shellQuote, withTimeLimit } from '@fairlead/kit';
import type { GateLine, LaptopProfile } from '@fairlead/protocol';
import type { Gate, SshConnection } from '@fairlead/ssh';

import type { ReachErrorCode } from '../carrier-error.ts';
import { type BastionLine, compareGateLine, type GateFault, readGateProof } from './gate-proof.ts';

/** How long the gate may take: it may have to start control on a slow file system. */
const gateTimeoutMs = 20_000;

export type ControlFault = NonNullable<BastionLine['why']>;

/** Runs the gate: it revives control, names the host, and its open channel makes sshd send small packets at once. */
export async function proveBastion(
  connection: Pick<SshConnection, 'gate'>,
  profile: LaptopProfile,
): Promise<{ gate: Gate; line: BastionLine }> {
  const command = shellQuote(posix.join(profile.bastion.stateDir, 'gate'));
  const gate = await withTimeLimit(connection.gate(command), gateTimeoutMs, () =>
    gateFailed(profile, `it did not answer within ${gateTimeoutMs / 1000} s`),
  );
  try {
    const proof = readGateProof(gate.identityLine, profile.bastion);
    if (!proof.ok) throw faultError(proof.fault, profile);
    return { gate, line: proof.line };
  } catch (error) {
    // The connection may stay open, and sshd allows few sessions on one.
    await gate[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where control has said why it does not start, its user needs that instead of the failed dial. */
export function controlFailed(profile: LaptopProfile, fault: ControlFault | undefined, cause: unknown): unknown {
  if (!fault) return cause;
  const { message, hint } = fault;
  return new CodedError<ReachErrorCode>(
    'control_unreachable',
    `cannot reach control because it does not start on ${profile.bastion.host}: ${message}`,
    { ...(hint === undefined ? {} : { hint }), retryable: true, cause },
  );
}

/** Throws where the line is not that of the profile's bastion. */
export function checkGateLine(line: GateLine, profile: LaptopProfile): void {
  const proof = compareGateLine(line, profile.bastion);
  if (!proof.ok) throw faultError(proof.fault, profile);
}

function faultError(fault: GateFault, profile: LaptopProfile): CodedError<ReachErrorCode> {
  const { host, runDir } = profile.bastion;
  switch (fault.kind) {
    case 'unreadable':
      return gateFailed(profile, `its first line was not the gate's: got ${JSON.stringify(fault.text.slice(0, 80))}`);
    case 'refused':
      return gateFailed(profile, fault.message ?? fault.code);
    case 'other_host':
      return new CodedError(
        'bastion_moved',
        `cannot use this bastion because it is host ${fault.host}, not ${host}, which holds the sockets`,
        {
          hint: `The name ${nameOf(profile)} may stand for several hosts. Name ${host} itself in bastion.fromLaptop.host, or run \`fairlead init\` again to move to ${fault.host}.`,
        },
      );
    case 'other_directory':
      return new CodedError(
        'bastion_moved',
        `cannot find the sockets because their directory on the bastion is now ${fault.runDir}, not ${runDir}`,
        { hint: 'Run `fairlead init` again.' },
      );
  }
}

/** Of several routes the error that holds this one names the one that was taken. */
function nameOf({ bastion }: LaptopProfile): string {
  return bastion.routes.map(({ host }) => host).join(' or ');
}

function gateFailed(profile: LaptopProfile, what: string): CodedError<ReachErrorCode> {
  return new CodedError('path_broken', `cannot use ${nameOf(profile)} as a bastion because its gate failed: ${what}`, {
    hint: `Run \`fairlead init\` again, or look at ${profile.bastion.stateDir}/gate there.`,
    retryable: true,
  });
}
