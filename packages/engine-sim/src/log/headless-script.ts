// The log lines of a process that is not rank 0, recorded from vLLM 0.32.0 over two nodes.

import { vllmVersion } from '../vllm-version.ts';
import { core, type LogLine, record, worker } from './log-line.ts';

export interface ShownRank {
  kind: 'group' | 'copies';
  nodes: number;
  rank: number;
  host: string;
  port: number;
}

export function headlessLaunched({ kind, host, port }: ShownRank): LogLine[] {
  const started = `Launching 1 data parallel engine(s) in headless mode, with head node address tcp://${host}:${port}.`;
  if (kind === 'copies') return [record('MainProcess', 'INFO', 'serve.py:239', started)];
  const text = `Launching vLLM (v${vllmVersion}) headless multiproc executor, with head node address ${host}:${port} for torch.distributed process group.`;
  return [record('MainProcess', 'INFO', 'serve.py:203', text)];
}

/** After these lines it prints nothing more. */
export function headlessJoined(shown: ShownRank): LogLine[] {
  return [...rankLines(shown), worker('cpu_worker.py:260', 'Explicitly set (1.0/13.96) GiB for KV cache on node 0.')];
}

/** Of every rank, once it is in the group. */
export function rankLines({ kind, nodes, rank, host, port }: ShownRank): LogLine[] {
  if (kind === 'copies') return [core('core.py:1247', 'Waiting for READY message from DP Coordinator...')];
  return [
    worker(
      'parallel_state.py:1906',
      `world_size=${nodes} rank=${rank} local_rank=0 distributed_init_method=tcp://${host}:${port} backend=gloo`,
    ),
    worker(
      'parallel_state.py:2350',
      `rank ${rank} in world size ${nodes} is assigned as DP rank 0, PP rank 0, PCP rank 0, TP rank ${rank}, ETP rank ${rank}, EP rank N/A, EPLB rank N/A`,
    ),
  ];
}

export function headlessStopping({ kind }: ShownRank): readonly LogLine[] {
  return kind === 'copies' ? copyStopping : groupStopping;
}

const copyStopping: readonly LogLine[] = [
  record('MainProcess', 'INFO', 'serve.py:261', 'Waiting up to 0 seconds for processes to exit'),
  record('MainProcess', 'INFO', 'serve.py:266', 'Shutting down.'),
];

const groupStopping: readonly LogLine[] = [
  record(
    'MainProcess',
    'WARNING',
    'multiproc_executor.py:472',
    '[shutdown] Executor: workers still running after grace period; sending SIGTERM count=1',
  ),
];

/** What rank 0 says at the first step after a rank has gone. */
export function peerGoneLines(address: string): LogLine[] {
  const error = `RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer ${address}. This is typically caused by a remote worker crashing.`;
  return [record('EngineCore', 'ERROR', 'core.py:1519', ['EngineCore encountered a fatal error.', error].join('\n'))];
}
