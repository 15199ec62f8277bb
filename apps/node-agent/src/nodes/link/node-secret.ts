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
export function deriveNodeSecret(
  { instanceId, enrolmentToken }: Pick<InstanceSpec, 'instanceId' | 'enrolmentToken'>,
  { jobId, restart }: { jobId: string; restart: number },
): NodeSecret {
  const salt = `${instanceId}/${jobId}/${restart}`;
  const derive = (info: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', enrolmentToken.reveal(), salt, `fairlead nodes ${info}`, bytes));
  const seeds = derive('ports', maxPorts * 4);
  const ports = Array.from({ length: maxPorts }, (_, at) => firstPort + (seeds.readUInt32BE(at * 4) % portCount));
  return { key: derive('key', keyBytes), ports: [...new Set(ports)] };
}
