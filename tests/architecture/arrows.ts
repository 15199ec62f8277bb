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
  { from: 'packages/tunnel', mustNot: 'packages/protocol', because: 'the tunnel speaks SSH, not our messages' },
  { from: 'packages/slurm', mustNot: 'packages/protocol', because: 'the scheduler speaks Slurm, not our messages' },
  {
    from: 'packages/slurm',
    mustNot: 'packages/tunnel',
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
  { from: 'packages/client', mustNot: 'packages/slurm', because: 'a consumer needs no scheduler' },
];

/** Third-party packages each part may import; node: is free. */
export const THIRD_PARTY: Readonly<Record<string, readonly string[]>> = {
  'packages/kit': [],
  'packages/protocol': ['zod'],
  'packages/slurm': [],
  'packages/tunnel': ['ssh2', 'ssh-config'],
};
