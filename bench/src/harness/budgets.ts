// The budgets that `pnpm bench` judges, as data: the bound of each figure. No other code repeats them.

export interface Budget {
  what: string;
  unit: string;
  atMost?: number | undefined;
  atLeast?: number | undefined;
}

export const budgets = {
  addedFirstByte: { what: 'added time to first byte, new connections, against OpenSSH', unit: 'x', atMost: 1 },
  firstByteAlone: { what: "time to first byte, one at a time, against OpenSSH's best", unit: 'x', atMost: 1.15 },
  firstByteOfBest: { what: "added time to first byte at 50 streams, against OpenSSH's best", unit: 'x', atMost: 0.7 },
  againOf50: { what: "requests/s of 50 clients at once, against OpenSSH's best", unit: 'x', atLeast: 1.4 },
  againOf500: { what: "requests/s of 500 clients at once, against OpenSSH's best", unit: 'x', atLeast: 3 },
  sdkAgainOf50: {
    what: "requests/s of 50 clients of the SDK at once, against OpenSSH's best",
    unit: 'x',
    atLeast: 3.5,
  },
  wayCpuOfBest: {
    what: "processor time of the way for a token at 500 streams, against OpenSSH's best",
    unit: 'x',
    atMost: 0.65,
  },
  cpuInStep: {
    what: "processor time of the way for a token, 500 streams in step, against OpenSSH's best",
    unit: 'x',
    atMost: 0.6,
  },
  cpuNotInStep: { what: 'the same of 500 streams not in step', unit: 'x', atMost: 0.65 },
  delayNotInStep: {
    what: "delay of tokens (p50) of 500 streams not in step, against OpenSSH's best",
    unit: 'x',
    atMost: 0.1,
  },
  ceiling: {
    what: "highest rate of 500 streams with tokens at most 100 ms late, against OpenSSH's best",
    unit: 'x',
    atLeast: 1,
  },
  sdkCpu: { what: "processor time of the SDK's way for a token, against OpenSSH's best", unit: 'x', atMost: 0.25 },
  sdkCeiling: { what: "highest rate of 500 streams of the SDK, against OpenSSH's best", unit: 'x', atLeast: 1.8 },
  connectOf500: { what: 'connect with 500 streams: resident', unit: 'MB', atMost: 150 },
  connectOf2000: { what: 'connect with 2,000 streams: resident', unit: 'MB', atMost: 250 },
  tokensPerSecond: { what: 'tokens/s at 500 streams against OpenSSH', unit: 'x', atLeast: 1 },
  addedGap: { what: 'p99 gap between tokens at 50 streams, above direct', unit: 'ms', atMost: 5 },
  distantFirstByte: {
    what: "40 ms away: first byte less the engine's time, in round trips",
    unit: 'round trips',
    atMost: 1.1,
  },
  narrowDelay: {
    what: 'delay of tokens (p99) beside eight bulk bodies at 100 Mbit/s, against OpenSSH',
    unit: 'x',
    atMost: 0.1,
  },
  linkReset: { what: 'link reset: noticed and back', unit: 'ms', atMost: 2_000 },
  linkFrozen: { what: 'link black-holed: noticed and back', unit: 'ms', atMost: 16_000 },
  streamsLost: { what: 'streams lost beside resets and cuts', unit: 'streams', atMost: 0 },
  outageBeyondLogin: { what: 'outage of streams after a reset (p99), beyond a login', unit: 'ms', atMost: 100 },
  firstToken: { what: 'start of the job → first token', unit: 'ms', atMost: 3_000 },
  agentHeartbeat: { what: 'agent: start → first heartbeat', unit: 'ms', atMost: 500 },
  agentResident: { what: 'agent: resident', unit: 'MB', atMost: 100 },
  agentIdle: { what: 'agent: idle, of one core', unit: '%', atMost: 0.5 },
  agentFlood: { what: 'agent: an engine log of 50 MB/s, of one core', unit: '%', atMost: 50 },
  agentFloodResident: { what: 'agent: resident under that log', unit: 'MB', atMost: 120 },
  workerResident: { what: 'agent of another node than the first: resident', unit: 'MB', atMost: 80 },
  leaderResident: { what: 'leader of 64 nodes: resident', unit: 'MB', atMost: 150 },
  nodesJoined: { what: '64 nodes: all joined', unit: 'ms', atMost: 10_000 },
  nodesOverhead: { what: 'two nodes: what they add to a start', unit: 'ms', atMost: 4_000 },
  eightNodesOverhead: { what: 'eight nodes: what they add to a start', unit: 'ms', atMost: 6_000 },
  controlAgents: { what: 'control: agents that one core serves', unit: 'agents', atLeast: 2_000 },
  controlDelay: { what: 'control: change → every watcher, p99', unit: 'ms', atMost: 100 },
  controlResident: { what: 'control: resident', unit: 'MB', atMost: 300 },
  cliHelp: { what: 'CLI: --help', unit: 'ms', atMost: 60 },
  cliList: { what: 'CLI: list, against a login by ssh', unit: 'x', atMost: 1 },
  gatewayRequests: { what: 'gateway: requests/s beside nginx', unit: 'x', atLeast: 0.5 },
  gatewayOverPortkey: { what: "gateway: requests/s beside Portkey's", unit: 'x', atLeast: 4 },
  gatewayOverLiteLlm: { what: 'gateway: requests/s beside LiteLLM', unit: 'x', atLeast: 35 },
  gatewayResident: { what: 'gateway: resident with 2,000 streams', unit: 'MB', atMost: 200 },
  gatewayAddedAlone: { what: 'gateway: added p50, one request at a time', unit: 'ms', atMost: 0.3 },
  gatewayAddedOfTen: { what: 'gateway: added p50, ten at a time', unit: 'ms', atMost: 0.8 },
  gatewayEvents: { what: 'gateway: SSE events/s of one process', unit: 'events/s', atLeast: 20_000 },
  gatewayFailover: {
    what: 'gateway: a request whose instance is killed is answered by another',
    unit: 'ms',
    atMost: 100,
  },
  gatewayRevocation: { what: 'gateway: a stream ends after its key is revoked', unit: 'ms', atMost: 1_000 },
  gatewayScale: { what: 'gateway: tokens/s of four instances beside four times one', unit: 'x', atLeast: 0.9 },
  gatewayLargeStart: { what: 'gateway: start with 100,000 keys and 1 M requests in its store', unit: 's', atMost: 2 },
  gatewayLargeDelay: { what: 'gateway: p50 with these, beside an empty store', unit: 'x', atMost: 1.1 },
  simEvents: { what: 'simulator: SSE events a second of one core', unit: 'events/s', atLeast: 60_000 },
} as const satisfies Record<string, Budget>;
