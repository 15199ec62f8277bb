// Asks the node's own program for its GPUs before the engine starts, and waits for memory that is about to be free.

import { type Clock, CodedError, errnoOf, type Log } from '@fairlead/kit';
import { type CommandRunner, createLocalRunner, type RunResult } from '@fairlead/scheduler';
import type { AgentErrorCode } from '../agent-error.ts';
import type { GpuReport } from './gpu-facts.ts';
import { type GpuVerdict, type GpuWish, judgeNodeGpus } from './judge-node-gpus.ts';
import { nvidiaQuestions, parseMigSlices, parseNvidiaGpus, parseNvidiaProcesses } from './parse-nvidia-smi.ts';
import { parseRocmReport, rocmQuestion } from './parse-rocm-smi.ts';

export interface GpuCheckDeps {
  hostname: string;
  /** Of the job: Slurm's name of this node is among it. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  /** Default: runs programs on this node. */
  runner?: CommandRunner;
}

export type GoodGpus = Omit<Extract<GpuVerdict, { ok: true }>, 'ok'>;

const askTimeoutMs = 30_000;
/** A driver frees the memory of a process that has ended some seconds later. */
const freeTimeoutMs = 30_000;
const pollIntervalMs = 3_000;

/**
 * Throws `gpu_unfit` with the node's name. Resolves with nothing to change where the job has no GPU, and where neither
 * nvidia-smi nor rocm-smi is there to ask.
 */
export async function checkGpus(wish: GpuWish, deps: GpuCheckDeps, signal: AbortSignal): Promise<GoodGpus> {
  const runner = deps.runner ?? createLocalRunner();
  if (wish.gpus === 0) return { env: {}, notes: [] };
  const untilMs = deps.clock.monotonicMs() + freeTimeoutMs;
  for (;;) {
    const report = (await askNvidia(runner, deps, signal)) ?? (await askRocm(runner, signal));
    if (!report) return { env: {}, notes: [] };
    const verdict = judgeNodeGpus(report, wish);
    if (verdict.ok) {
      const { ok: _, ...good } = verdict;
      return good;
    }
    if (!verdict.mayPass || deps.clock.monotonicMs() + pollIntervalMs > untilMs) throw unfit(verdict, deps);
    deps.log.info({ op: 'gpu.check', ok: false }, verdict.why);
    await deps.clock.sleep(pollIntervalMs, signal);
  }
}

/** Undefined where there is no nvidia-smi. */
async function askNvidia(
  runner: CommandRunner,
  deps: GpuCheckDeps,
  signal: AbortSignal,
): Promise<GpuReport | undefined> {
  const ask = (question: keyof typeof nvidiaQuestions) => askProgram(runner, nvidiaQuestions[question], signal);
  const whole = await ask('whole');
  if (!whole) return undefined;
  const isOld = whole.code !== 0 && /not a valid field/i.test(whole.stdout + whole.stderr);
  const gpus = isOld ? ((await ask('basic')) ?? whole) : whole;
  if (gpus.code !== 0) throw unfit({ why: await brokenWords(gpus, runner, signal), isNode: true }, deps);
  const processes = await ask('processes');
  const list = await ask('list');
  return {
    vendor: 'nvidia',
    gpus: parseNvidiaGpus(gpus.stdout),
    processes: processes?.code === 0 ? parseNvidiaProcesses(processes.stdout) : [],
    slices: list?.code === 0 ? parseMigSlices(list.stdout) : [],
  };
}

async function askRocm(runner: CommandRunner, signal: AbortSignal): Promise<GpuReport | undefined> {
  const said = await askProgram(runner, rocmQuestion, signal);
  const report = said?.code === 0 ? parseRocmReport(said.stdout) : undefined;
  return report && { vendor: 'amd', slices: [], ...report };
}

/** Undefined where the program is not there. */
async function askProgram(
  runner: CommandRunner,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<RunResult | undefined> {
  try {
    return await runner.run(argv, { timeoutMs: askTimeoutMs, signal });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** What nvidia-smi said, and the last number of a failure in the kernel's log, where users may read that. */
async function brokenWords(
  { stdout, stderr, timedOut }: RunResult,
  runner: CommandRunner,
  signal: AbortSignal,
): Promise<string> {
  const kernel = await askProgram(runner, ['dmesg'], signal);
  const xid = [...(kernel?.stdout ?? '').matchAll(/NVRM: Xid \(([^)]{1,40})\): (\d{1,3})/g)].at(-1);
  const said =
    `${stdout}\n${stderr}`
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? 'it says nothing';
  const why = timedOut === true ? `does not answer within ${askTimeoutMs / 1000} s` : `fails: ${said.slice(0, 300)}`;
  return `nvidia-smi ${why}${xid ? ` (the kernel reports Xid ${xid[2]} of ${xid[1]})` : ''}`;
}

function unfit({ why, isNode }: { why: string; isNode: boolean }, { hostname, env }: GpuCheckDeps): GpusUnfit {
  return new GpusUnfit(why, { hostname, ...(isNode ? { badNode: env['SLURMD_NODENAME'] ?? hostname } : {}) });
}

export class GpusUnfit extends CodedError<AgentErrorCode> {
  /** Slurm's name of the node, where the node is to blame. */
  readonly badNode: string | undefined;

  constructor(why: string, { hostname, badNode }: { hostname: string; badNode?: string }) {
    const hint =
      badNode === undefined
        ? 'Look at `gpu.type` and `gpu.request` of the cluster, and at `--gpus`: the site may want GPUs asked for otherwise.'
        : `Deploy again under the same name, which leaves this node out (--exclude=${badNode}), and report it to the site.`;
    super('gpu_unfit', `cannot start the engine on ${hostname} because ${why}`, { hint });
    this.badNode = badNode;
  }
}
