// Copies of a model over the nodes of a job (data parallel): each node runs as many, and rank 0 alone has the server that shares
// requests among all of them. Pure.
// https://docs.vllm.ai/en/latest/serving/data_parallel_deployment/

import { namesFlag, valueOfFlag } from '../port/flags.ts';
import type { EngineCheck, EngineNode, EngineSettings } from '../port/engine-kind.ts';

/** Flags by which the agent puts the copies of all nodes together. */
const takenFlags = [
  ['--data-parallel-size-local', '-dpl'],
  ['--data-parallel-address', '-dpa'],
  ['--data-parallel-rpc-port', '-dpp'],
  ['--data-parallel-start-rank', '-dpr'],
] as const;

/** Ways to share requests in which each node, or each copy, has a server of its own. */
const ownServers = [
  ['--data-parallel-hybrid-lb', '-dph'],
  ['--data-parallel-external-lb', '-dpe'],
  ['--data-parallel-multi-port-external-lb', '-dpm'],
  ['--data-parallel-rank', '-dpn'],
] as const;

type Copied = Pick<EngineSettings, 'args' | 'options'>;

export function copiesOf({ args, options }: Copied): number {
  return Number(valueOfFlag(args, ['--data-parallel-size', '-dp']) ?? options['dataParallel'] ?? 1);
}

/** What a node's process is told of the copies on other nodes. `copies`: a number that the nodes divide. */
export function copyArguments({ rank, meeting }: EngineNode, { copies, nodes }: { copies: number; nodes: number }) {
  const perNode = copies / nodes;
  return [
    '--data-parallel-size-local',
    String(perNode),
    '--data-parallel-address',
    meeting.address,
    '--data-parallel-rpc-port',
    meeting.port,
    // On rank 0 it would mean a server for the copies of this node alone.
    ...(rank === 0 ? [] : ['--data-parallel-start-rank', String(rank * perNode)]),
  ];
}

/** Why copies cannot be put on these nodes so; empty for one copy over all of them. */
export function checkCopies(settings: Copied, nodes: number): EngineCheck['problems'] {
  const { args, options } = settings;
  const problems = [
    ...takenFlags
      .flatMap((names) => namedOf(args, names))
      .map((flag) => `leave ${flag} out: the agents of the nodes set it`),
    ...ownServers
      .flatMap((names) => namedOf(args, names))
      .map(
        (flag) =>
          `leave ${flag} out: requests come to the server of the first node alone, which then shares them among the copies of all nodes`,
      ),
  ].map((message) => ({ path: 'args', message }));
  const copies = copiesOf(settings);
  const placed = copies > 1 ? placeProblem(copies, nodes) : undefined;
  if (placed !== undefined) problems.push({ path: 'dataParallel', message: placed });
  const isOnRay =
    options['executor'] === 'ray' || /^ray$/.test(valueOfFlag(args, ['--data-parallel-backend', '-dpb']) ?? '');
  if (copies > 1 && isOnRay)
    problems.push({
      path: 'dataParallel',
      message: `copies over several nodes run on vLLM's own backend: leave Ray (executor: ray) out, or take dataParallel: 1`,
    });
  return problems;
}

function placeProblem(copies: number, nodes: number): string | undefined {
  if (!Number.isInteger(copies)) return `must be a whole number: got ${copies}`;
  if (copies % nodes === 0) return undefined;
  const more = Math.ceil(copies / nodes) * nodes;
  if (nodes % copies === 0)
    return `each of ${copies} copies would lie on ${nodes / copies} nodes, and a copy has to fit one: take dataParallel: ${nodes}, or deploy one copy ${copies} times, each with --nodes ${nodes / copies}`;
  return `${nodes} nodes cannot have as many of ${copies} copies each: take dataParallel: ${more}`;
}

function namedOf(args: readonly string[], names: readonly string[]): string[] {
  return names.filter((name) => namesFlag(args, name));
}
