// Ray as the companion of an engine: a head on rank 0 and a node on each other rank, and how to know that all are there.
// https://docs.ray.io/en/latest/cluster/cli.html#ray-start, /ray-core/configure.html

import { join } from 'node:path/posix';
import { defined, Secret } from '@fairlead/kit';
import type {
  CompanionPlace,
  EngineCompanion,
  EngineNode,
  EnginePlace,
  EnginePlan,
  EngineWanted,
} from '../port/engine-kind.ts';
import { awaitNodesScript } from './await-nodes.ts';
import { sizeObjectStore } from './object-store.ts';
import type { RayOptions } from './ray-options.ts';

export interface RayChoice {
  options: RayOptions;
  command: readonly string[];
  /** What the engine's processes need in their environment, which they get from Ray's. */
  environment: (place: EnginePlace) => EnginePlan['env'];
  fallbacks: (place: EnginePlace) => EnginePlan['fallbacks'];
}

/** Where each port lies in the ports of a node. Workers take the rest. */
const portAt = {
  dashboard: 0,
  client: 1,
  nodeManager: 2,
  objectManager: 3,
  runtimeEnv: 4,
  agentGrpc: 5,
  agentHttp: 6,
  metrics: 7,
  dashboardMetrics: 8,
  autoscalerMetrics: 9,
  firstWorker: 10,
} as const;
const portCount = 64;

/** As long as the agents wait for each other. */
const nodesLimitSeconds = 300;
/** Below it Ray makes `/session_<date>_<time>_<us>_<pid>/sockets/plasma_store`, at most 63 bytes, in a socket's path of 107. */
const maxDirectoryBytes = 43;

export function createRay(choice: RayChoice): EngineCompanion {
  return {
    name: 'ray',
    title: 'Ray',
    command: choice.command,
    portCount,
    maxDirectoryBytes,
    plan: (wanted, place) => planNode(choice, wanted, place),
    planCheck: (wanted, place) => ({
      argv: [
        ...companionOf(place).python,
        scriptPath(companionOf(place)),
        ...[wanted.nodes, wanted.gpus, nodesLimitSeconds].map(String),
      ],
      env: { ...wanted.env, ...rayEnvironment(place) },
      files: [{ path: scriptPath(companionOf(place)), text: new Secret(awaitNodesScript) }],
    }),
    dashboard: (place) =>
      choice.options.dashboard === true
        ? { port: portOf(companionOf(place), 'dashboard'), key: companionOf(place).secret }
        : undefined,
  };
}

/** What a program needs to use the Ray of this job. */
export function rayEnvironment(place: EnginePlace): Record<string, string> {
  const { meeting, companion } = nodeOf(place);
  if (!companion) return {};
  return { RAY_ADDRESS: `${meeting.address}:${meeting.port}`, ...authentication(companion) };
}

function planNode({ options, command, environment, fallbacks }: RayChoice, wanted: EngineWanted, place: EnginePlace) {
  const node = nodeOf(place);
  const companion = companionOf(place);
  const store = objectStoreOf(companion, wanted);
  const words = node.rank === 0 ? headWords(node, companion, options) : [`--address=${meetingOf(node)}`];
  return {
    argv: [...command, 'start', ...words, ...nodeWords(node, { companion, wanted, store })],
    env: {
      ...environment(place),
      ...authentication(companion),
      RAY_USAGE_STATS_ENABLED: '0',
      // No flag sets these two.
      DASHBOARD_METRIC_PORT: portOf(companion, 'dashboardMetrics'),
      AUTOSCALER_METRIC_PORT: portOf(companion, 'autoscalerMetrics'),
    },
    fallbacks: fallbacks(place) ?? {},
    files: [{ path: tokenPath(companion), text: companion.secret }],
    notes: store.notes,
  };
}

interface Store {
  /** In words as in `CompanionPlace`. */
  bytes: string;
  notes: string[];
}

function objectStoreOf({ memoryBytes, sharedMemoryBytes }: CompanionPlace, { gpus }: EngineWanted): Store {
  const known = (word: string | undefined) => (word !== undefined && /^\d+$/.test(word) ? Number(word) : undefined);
  // A dry run has names in place of the numbers.
  if (memoryBytes !== undefined && known(memoryBytes) === undefined)
    return { bytes: "<by the job's memory and /dev/shm>", notes: [] };
  const store = sizeObjectStore({
    gpus,
    ...defined({ memoryBytes: known(memoryBytes), sharedMemoryBytes: known(sharedMemoryBytes) }),
  });
  const cure = store.isTooLarge ? ' Ask for more memory (`slurm.mem`), or for a larger /dev/shm.' : '';
  return { bytes: String(store.bytes), notes: [`${store.why}${cure}`] };
}

function headWords({ meeting }: EngineNode, companion: CompanionPlace, { dashboard = false }: RayOptions): string[] {
  return [
    '--head',
    `--port=${meeting.port}`,
    // The others take this path from the head.
    `--temp-dir=${join(companion.directory, 'r')}`,
    `--include-dashboard=${dashboard}`,
    '--dashboard-host=127.0.0.1',
    `--dashboard-port=${portOf(companion, 'dashboard')}`,
    `--ray-client-server-port=${portOf(companion, 'client')}`,
  ];
}

interface NodeParts {
  companion: CompanionPlace;
  wanted: EngineWanted;
  store: Store;
}

function nodeWords({ address }: EngineNode, { companion, wanted: { gpus }, store }: NodeParts): string[] {
  const { memoryBytes } = companion;
  return [
    '--block',
    '--log-color=false',
    '--log-style=record',
    '--disable-usage-stats',
    `--node-ip-address=${address}`,
    `--node-manager-port=${portOf(companion, 'nodeManager')}`,
    `--object-manager-port=${portOf(companion, 'objectManager')}`,
    `--runtime-env-agent-port=${portOf(companion, 'runtimeEnv')}`,
    `--dashboard-agent-grpc-port=${portOf(companion, 'agentGrpc')}`,
    `--dashboard-agent-listen-port=${portOf(companion, 'agentHttp')}`,
    `--metrics-export-port=${portOf(companion, 'metrics')}`,
    `--min-worker-port=${portOf(companion, 'firstWorker')}`,
    `--max-worker-port=${companion.ports.at(-1) ?? ''}`,
    // Ray starts a process for each of them ahead, and vLLM asks for GPUs alone.
    `--num-cpus=${Math.max(2, gpus)}`,
    `--num-gpus=${gpus}`,
    ...(memoryBytes === undefined ? [] : [`--memory=${memoryBytes}`]),
    `--object-store-memory=${store.bytes}`,
  ];
}

function authentication(companion: CompanionPlace): Record<string, string> {
  return { RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN_PATH: tokenPath(companion) };
}

function portOf({ ports }: CompanionPlace, name: keyof typeof portAt): string {
  return ports[portAt[name]] ?? '';
}

function tokenPath({ directory }: CompanionPlace): string {
  return join(directory, 'token');
}

function scriptPath({ directory }: CompanionPlace): string {
  return join(directory, 'await-nodes.py');
}

function meetingOf({ meeting: { address, port } }: EngineNode): string {
  return `${address}:${port}`;
}

/** The agent gives both to an engine that has a companion. */
function nodeOf({ node }: EnginePlace): EngineNode {
  if (!node) throw new TypeError('an engine has a companion only over several nodes');
  return node;
}

function companionOf(place: EnginePlace): CompanionPlace {
  const { companion } = nodeOf(place);
  if (!companion) throw new TypeError('the agent has made no place for the companion');
  return companion;
}
