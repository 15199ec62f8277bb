// What vLLM is told of the job's nodes: its own backend over several hosts (`mp`), with a process group that meets at rank 0, or
// copies of the model that are reached from there. Pure.

import { namesFlag, valueOfFlag } from '../port/flags.ts';
import type { EngineCheck, EngineNode, EnginePlace, EngineSettings, EngineWanted } from '../port/engine-kind.ts';
import { checkCopies, copiesOf, copyArguments } from './copies-over-nodes.ts';

/**
 * Longer than the starts of two nodes lie apart, and far shorter than vLLM's own 1,800 s of silence. It is also the limit of each
 * collective operation.
 */
const distributedTimeoutSeconds = 300;

/** Flags by which the agent puts the processes of all nodes together. */
const takenFlags = ['--nnodes', '--node-rank', '--master-addr', '--master-port', '--headless'];

/** Where this process listens, and how it finds those on other nodes. A process of another rank than 0 listens for no requests. */
export function placeArguments(
  { node, socket }: EnginePlace,
  wanted: Pick<EngineWanted, 'nodes' | 'args' | 'options'>,
): string[] {
  if (!node || node.companion) return ['--uds', socket];
  const copies = copiesOf(wanted);
  const timeout = namesFlag(wanted.args, '--distributed-timeout-seconds')
    ? []
    : ['--distributed-timeout-seconds', String(distributedTimeoutSeconds)];
  return [
    ...(copies > 1 ? copyArguments(node, { copies, nodes: wanted.nodes }) : groupArguments(node, wanted.nodes)),
    ...timeout,
    ...(node.rank === 0 ? ['--uds', socket] : ['--headless']),
  ];
}

/** One copy over all nodes. */
function groupArguments({ rank, meeting }: EngineNode, nodes: number): string[] {
  const words = ['--nnodes', String(nodes), '--node-rank', String(rank)];
  return [...words, '--master-addr', meeting.address, '--master-port', meeting.port];
}

export function nodeEnvironment({ node }: EnginePlace): Record<string, string> {
  return node ? { VLLM_HOST_IP: node.address } : {};
}

/** gloo takes the address of the host's own name where no interface is named, and that may be 127.0.1.1. */
export function nodeFallbacks({ node }: EnginePlace): Record<string, string> {
  const { networkInterface } = node ?? {};
  if (networkInterface === undefined) return {};
  return { GLOO_SOCKET_IFNAME: networkInterface, NCCL_SOCKET_IFNAME: networkInterface };
}

export function checkNodes({ args, options, container }: EngineSettings, nodes: number): EngineCheck['problems'] {
  const problems = takenFlags
    .filter((flag) => namesFlag(args, flag))
    .map((flag) => ({ path: 'args', message: `leave ${flag} out: the agents of the nodes set it` }));
  const backend = valueOfFlag(args, ['--distributed-executor-backend']);
  if (backend !== undefined && backend !== 'mp')
    problems.push({
      path: 'args',
      message:
        backend === 'ray'
          ? 'use the setting executor: ray in place of --distributed-executor-backend ray, so that the agents start Ray'
          : `over several nodes vLLM runs on mp, or with executor: ray on Ray: got --distributed-executor-backend ${backend}`,
    });
  problems.push(...checkCopies({ args, options }, nodes));
  const uneven = copiesOf({ args, options }) > 1 ? undefined : unevenSplit({ args, options }, nodes);
  if (uneven !== undefined) problems.push({ path: 'tensorParallel', message: uneven });
  if (container?.kind === 'pyxis')
    problems.push({
      path: 'container.kind',
      message: 'pyxis starts each engine with srun, which would not stay on its own node: use apptainer',
    });
  return problems;
}

/** Where the settings say how the model is split, each node has to get as many of its parts. */
function unevenSplit({ args, options }: Pick<EngineSettings, 'args' | 'options'>, nodes: number): string | undefined {
  const given = (flags: readonly string[], option: string) => Number(valueOfFlag(args, flags) ?? options[option] ?? 1);
  const tensor = given(['--tensor-parallel-size', '-tp'], 'tensorParallel');
  const stages = given(['--pipeline-parallel-size', '-pp'], 'pipelineParallel');
  // Without it the GPUs of the nodes decide.
  if (tensor === 1 || (tensor * stages) % nodes === 0) return undefined;
  const size = `tensor-parallel ${tensor} × pipeline ${stages}`;
  return `${size} needs ${tensor * stages} GPUs, which ${nodes} nodes do not divide: give each node as many`;
}
