// Whether an SSH connection ends on the recorded bastion: reads the gate's line and compares it. Pure; each side words a fault for its
// own readers.

import { decodeText, type GateLine, gateLine } from '@fairlead/protocol';

export type BastionLine = Exclude<GateLine, { error: string }>;

export type GateFault =
  /** What came first is no line of the gate. */
  | { kind: 'unreadable'; text: string; why: string }
  /** The gate says that it cannot serve. */
  | { kind: 'refused'; code: string; message: string | undefined }
  /** Another host: sockets of the one cannot be reached on the other. */
  | { kind: 'other_host'; host: string }
  /** The same host, where its sockets lie in another directory now. */
  | { kind: 'other_directory'; runDir: string };

export type GateProof = { ok: true; line: BastionLine } | { ok: false; fault: GateFault };

export interface ExpectedBastion {
  /** The bastion's own hostname, as recorded at `init`. */
  host: string;
  /** Absent: any directory is accepted; the gate's line names it. */
  runDir?: string;
}

export function readGateProof(text: string, expected: ExpectedBastion): GateProof {
  const decoded = decodeText(gateLine, text);
  if (!decoded.ok) return { ok: false, fault: { kind: 'unreadable', text, why: decoded.message } };
  return compareGateLine(decoded.value, expected);
}

export function compareGateLine(line: GateLine, { host, runDir }: ExpectedBastion): GateProof {
  if ('error' in line) return { ok: false, fault: { kind: 'refused', code: line.error, message: line.message } };
  if (line.host !== host) return { ok: false, fault: { kind: 'other_host', host: line.host } };
  if (runDir !== undefined && line.run !== runDir)
    return { ok: false, fault: { kind: 'other_directory', runDir: line.run } };
  return { ok: true, line };
}
