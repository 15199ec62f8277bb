// What the agents of one start of a job derive from its secret, each by itself: the key of their links, and the ports at which the
// leader may listen. Neither ever travels. Pure.

import { hkdfSync } from 'node:crypto';
import type { InstanceSpec } from '@fairlead/protocol';

export interface NodeSecret {
  /** Pre-shared key of TLS. */
  key: Buffer;
  /** In the order in which the leader tries to listen at them. */
  ports: readonly number[];
}

/** Below the ports that systems give to outgoing connections. */
const firstPort = 20_000;
const portCount = 12_000;
const maxPorts = 4;
const keyBytes = 32;

/** `restart`: of the job; an agent of an earlier start has another key. */
export interface JobStart {
  jobId: string;
  restart: number;
}

type SecretSpec = Pick<InstanceSpec, 'instanceId' | 'enrolmentToken'>;

/** Bytes that the agents of this start of the job alone can know. `info` tells one use from the others. */
export function deriveOfJob(
  { instanceId, enrolmentToken }: SecretSpec,
  { jobId, restart }: JobStart,
  info: string,
  bytes: number,
): Buffer {
  const salt = `${instanceId}/${jobId}/${restart}`;
  return Buffer.from(hkdfSync('sha256', enrolmentToken.reveal(), salt, `fairlead nodes ${info}`, bytes));
}

export function deriveNodeSecret(spec: SecretSpec, job: JobStart): NodeSecret {
  const seeds = deriveOfJob(spec, job, 'ports', maxPorts * 4);
  const ports = Array.from({ length: maxPorts }, (_, at) => firstPort + (seeds.readUInt32BE(at * 4) % portCount));
  return { key: deriveOfJob(spec, job, 'key', keyBytes), ports: [...new Set(ports)] };
}
