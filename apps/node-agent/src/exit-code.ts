// The agent's exit codes. One table; docs and the CLI's `status` read it.

export const exits = {
  ended: { code: 0, meaning: 'It ended as it was told to: by an order, a signal or the deadline.' },
  agent_failed: { code: 1, meaning: 'The agent itself failed; agent.log says at what.' },
  usage: { code: 2, meaning: 'Its command line was wrong.' },
  engine_start_failed: { code: 10, meaning: 'The engine could not start and another try would not help.' },
  engine_never_ready: { code: 11, meaning: 'The engine answered no completion within the limit.' },
  engine_crash_loop: { code: 12, meaning: 'The engine ended too often.' },
  tunnel_hopeless: { code: 13, meaning: 'The bastion cannot be used: another host key, or forwarding is forbidden.' },
  spec_unreadable: { code: 14, meaning: 'The spec could not be read, is exposed, or is of another version.' },
  node_lost: { code: 16, meaning: 'Another node of the job was lost, or never came.' },
  leader_lost: { code: 17, meaning: 'An agent of another node than the first: the leader was away for too long.' },
  rank_taken: { code: 18, meaning: 'An agent of another node than the first: another one has its rank already.' },
  superseded: { code: 15, meaning: 'A newer start of the same job has taken over.' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitName = keyof typeof exits;

/** Ends that are no failure. */
export function isGoodEnd(exit: ExitName): boolean {
  return exit === 'ended' || exit === 'superseded';
}
