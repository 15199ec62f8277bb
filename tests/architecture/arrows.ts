// The arrows of the architecture as data: who must not import whom, and because of what.

export interface Arrow {
  from: string;
  mustNot: string;
  because: string;
}

/** Paths from the root of the repository; a folder stands for all that is in it. */
export const ARROWS: readonly Arrow[] = [
  ...['apps/node-agent', 'apps/control'].flatMap((app) =>
    ['apps/node-agent', 'apps/control']
      .filter((other) => other !== app)
      .map((other) => ({
        from: app,
        mustNot: other,
        because: 'apps run on different machines: what they share is the protocol',
      })),
  ),
  { from: 'packages', mustNot: 'apps', because: 'an app is a root: nothing is built on it' },
  {
    from: 'packages/kit',
    mustNot: 'packages',
    because: 'kit knows no word of the domain, so it can import nothing of ours',
  },
  { from: 'packages/protocol', mustNot: 'packages', because: 'the protocol is facts: zod and nothing else' },
  ...['ssh', 'scheduler', 'client', 'cli'].map((other) => ({
    from: 'packages/config',
    mustNot: `packages/${other}`,
    because: 'config reads fairlead.yaml; it logs in nowhere and runs nothing',
  })),
  { from: 'packages/ssh', mustNot: 'packages/protocol', because: 'the tunnel speaks SSH, not our messages' },
  { from: 'packages/scheduler', mustNot: 'packages/protocol', because: 'the scheduler speaks Slurm, not our messages' },
  {
    from: 'packages/scheduler',
    mustNot: 'packages/ssh',
    because: 'the scheduler runs commands through a port; how they get to the login host is not its matter',
  },
  {
    from: 'packages/engine-sim',
    mustNot: 'packages/protocol',
    because: 'the simulator speaks as vLLM does and knows nothing of us',
  },
  {
    from: 'packages/client',
    mustNot: 'packages/cli',
    because: 'the SDK is for programs; the commands are built on it',
  },
  { from: 'packages/client', mustNot: 'packages/scheduler', because: 'a consumer needs no scheduler' },
];

/** Third-party packages each part may import; node: is free. */
export const THIRD_PARTY: Readonly<Record<string, readonly string[]>> = {
  'packages/config': ['fastest-levenshtein', 'yaml', 'zod'],
  'packages/kit': [],
  'packages/protocol': ['zod'],
  'packages/scheduler': [],
  'packages/ssh': ['ssh2', 'ssh-config'],
};
