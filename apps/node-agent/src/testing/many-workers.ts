// The links of many workers in one process, which join a leader and answer its orders as workers do whose parts start at once: for
// what a leader does with more nodes than a machine has room for.

import { silentLog, systemClock } from '@fairlead/kit';
import type { InstanceSpec, PartReport } from '@fairlead/protocol';
import { deriveNodeSecret } from '../nodes/link/node-secret.ts';
import { LeaderLink } from '../nodes/worker/leader-link.ts';

export interface ManyWorkers extends Disposable {
  /** Resolves when every one has been linked to the leader once. */
  readonly joined: Promise<void>;
  /** Resolves when every one was told to start its part. */
  readonly started: Promise<void>;
  /** Resolves when the leader has told every one to leave. */
  readonly left: Promise<void>;
}

/** Of the job that `nodeEnvironment` describes, of so many nodes. The caller disposes it. */
export function openManyWorkers(spec: InstanceSpec, nodes: number): ManyWorkers {
  const hosts = Array.from({ length: nodes }, (_, at) => `127.0.0.${at + 1}`);
  const secret = deriveNodeSecret(spec, { jobId: '17', restart: 0 });
  const joined = countTo(nodes - 1);
  const started = countTo(nodes - 1);
  const left = countTo(nodes - 1);
  const links = hosts.slice(1).map((_, at) => {
    const rank = at + 1;
    const known = { gpus: ['gpu 0'] };
    let part: PartReport = { status: 'none', after: 0 };
    const link: LeaderLink = new LeaderLink({
      nodes: { hosts, rank },
      secret,
      joinLimitMs: 60_000,
      clock: systemClock,
      log: silentLog,
      joined: () => ({ type: 'node.joined', rank, host: `node${rank}`, ...known, part }),
      report: () => ({ type: 'node.reported', ...known, part }),
      onOrder(order) {
        if (order.type === 'part.start') {
          part = { status: 'running', run: order.run, pid: rank };
          started.one();
        } else if (order.type === 'part.end') part = { status: 'none', after: order.run };
        else if (order.type === 'node.leave') left.one();
        else return;
        if (order.type === 'node.leave') link[Symbol.dispose]();
        else link.send({ type: 'node.reported', ...known, part });
      },
      onLinked: (isLinked) => (isLinked ? joined.one() : undefined),
      onLost: () => undefined,
    });
    return link;
  });
  return {
    joined: joined.reached,
    started: started.reached,
    left: left.reached,
    [Symbol.dispose]() {
      for (const link of links) link[Symbol.dispose]();
    },
  };
}

function countTo(wanted: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  return {
    reached: promise,
    one() {
      count += 1;
      if (count === wanted) resolve();
    },
  };
}
