// What the agents of one start of a job derive for the companion of the engine, each by itself. Pure.

import { Secret } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import { commonPrefix } from '../job/dead-directories.ts';
import { deriveOfJob, type JobStart } from '../nodes/link/node-secret.ts';

export interface CompanionSecret {
  /** 64 hexadecimal digits: the companions of the nodes know each other by it. */
  token: Secret;
  /** The name of a directory that is the same on every node. */
  directoryName: string;
  /** Where rows of ports may begin, in the order in which they are tried. */
  firstPorts: readonly number[];
}

/** Below the ports that systems give to outgoing connections. */
const lowestPort = 20_000;
const highestPort = 32_000;
const maxTries = 8;

export function deriveCompanionSecret(
  spec: Pick<InstanceSpec, 'instanceId' | 'enrolmentToken'>,
  job: JobStart,
  portCount: number,
): CompanionSecret {
  const derive = (info: string, bytes: number) => deriveOfJob(spec, job, `companion ${info}`, bytes);
  const seeds = derive('ports', maxTries * 4);
  const rows = Math.floor((highestPort - lowestPort) / portCount);
  return {
    token: new Secret(derive('token', 32).toString('hex')),
    directoryName: `${commonPrefix}${derive('directory', 5).toString('hex')}`,
    firstPorts: Array.from(
      { length: maxTries },
      (_, at) => lowestPort + (seeds.readUInt32BE(at * 4) % rows) * portCount,
    ),
  };
}
