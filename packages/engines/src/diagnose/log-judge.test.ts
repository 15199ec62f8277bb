import { describe, expect, it } from 'vitest';
import { createLogJudge } from './log-judge.ts';
import type { ProcessEnd } from './verdict.ts';

const banner = '(APIServer pid=5) INFO 11-21 02:00:21 [api_utils.py:347]  ▄▄ ▄█ █     █     █ ▀▄▀ █  version 0.32.0';
const served = 'INFO:     Application startup complete.';
const told = '(APIServer pid=5) INFO 11-21 02:00:21 [launcher.py:265] [shutdown] API server: shutdown triggered';
const outOfMemory = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.';
const dead = '(EngineCore pid=7) ERROR 11-21 02:00:36 [core.py:1512] EngineCore encountered a fatal error.';
const core = (text: string) => `(EngineCore pid=7) ERROR 11-21 02:00:36 [core.py:1512] ${text}`;

function diagnose(lines: readonly string[], end?: ProcessEnd) {
  const judge = createLogJudge();
  for (const line of lines) judge.push(line);
  return judge.diagnose(end);
}

function verdictOf(lines: readonly string[], end?: ProcessEnd) {
  const { verdict } = diagnose(lines, end);
  return verdict.kind === 'failed' ? verdict.entry.id : verdict.kind;
}

describe('The judge of a log', () => {
  it('prefers the first cause, with its line, to wrappers and to later causes', () => {
    const { verdict } = diagnose([
      banner,
      dead,
      core(outOfMemory),
      core('OSError: [Errno 28] No space left on device'),
    ]);
    expect(verdict).toMatchObject({
      entry: { id: 'cuda-out-of-memory' },
      evidence: [{ line: 3, text: core(outOfMemory) }],
    });
  });

  it('prefers an unknown exception to a later consequence, but not to a cause', () => {
    const lost =
      '[rank1]: torch.distributed.DistBackendError: NCCL error: remote process exited, ncclRemoteError: gone';
    expect(verdictOf([banner, core('KeyError: odd'), lost])).toBe('unknown');
    expect(verdictOf([banner, lost, core('KeyError: odd')])).toBe('peer-lost');
    expect(verdictOf([banner, core('KeyError: odd'), core(outOfMemory)])).toBe('cuda-out-of-memory');
  });

  it('judges the last of several starts, and reports the failure of an earlier one', () => {
    const failed = [banner, core(outOfMemory), dead];
    expect(diagnose([...failed, banner, core("RuntimeError: can't start new thread"), dead])).toMatchObject({
      starts: 2,
      verdict: { entry: { id: 'too-many-threads' } },
    });
    expect(diagnose([...failed, banner, served])).toMatchObject({
      starts: 2,
      verdict: { kind: 'serving' },
      before: { entry: { id: 'cuda-out-of-memory' } },
    });
  });

  it('takes no exception for the cause that vLLM survives: of its usage statistics, and of one try to list files', () => {
    const thread = (prefix: string) => [
      `${prefix}Exception in thread Thread-1 (_report_usage_worker):`,
      `${prefix}Traceback (most recent call last):`,
      `${prefix}  File "/opt/venv/vllm/usage/usage_lib.py", line 215, in _write_to_file`,
      `${prefix}FileNotFoundError: [Errno 2] No such file or directory: '/home/u/.config/vllm'`,
      prefix,
      `${prefix}During handling of the above exception, another exception occurred:`,
      prefix,
      `${prefix}Traceback (most recent call last):`,
      `${prefix}  File "<frozen os>", line 225, in makedirs`,
      `${prefix}OSError: [Errno 30] Read-only file system: '/home/u/.config/vllm'`,
    ];
    const attempt = (text: string) =>
      `(APIServer pid=5) ERROR 11-21 02:00:21 [repo_utils.py:47] Error retrieving file list: ${text}, retrying 1 of 2`;
    for (const survived of [
      thread(''),
      thread('(APIServer pid=5) '),
      [attempt('404 Client Error. (Request ID: Root=1) Repository Not Found for url: https://huggingface.co/api/x')],
      [attempt("Repo id must be in the form 'repo_name' or 'namespace/repo_name': '/scratch/m'")],
    ]) {
      expect(verdictOf([banner, ...survived])).toBe('unfinished');
      expect(verdictOf([banner, ...survived, core(outOfMemory)])).toBe('cuda-out-of-memory');
      expect(verdictOf([banner, ...survived, outOfMemory])).toBe('cuda-out-of-memory');
      expect(verdictOf([banner, ...survived.slice(0, 2), core(outOfMemory), ...survived.slice(2)])).toBe(
        'cuda-out-of-memory',
      );
    }
  });

  it('finds the end of an engine behind thousands of wrong requests, and counts them', () => {
    const wrong = Array.from(
      { length: 5000 },
      (_, index) => `(APIServer pid=5) ERROR 11-21 02:00:22 [serving.py:1] ValueError: you requested ${index} tokens`,
    );
    expect(diagnose([banner, served, ...wrong]).verdict).toMatchObject({ kind: 'serving', requestErrors: 5000 });
    expect(verdictOf([banner, served, ...wrong, dead, core(outOfMemory)])).toBe('cuda-out-of-memory');
  });

  it.each([
    '(APIServer pid=5) INFO 11-21 02:00:21 [loggers.py:127] Engine 000: Avg prompt throughput: 1.0 tokens/s, Running: 0 reqs',
    '(APIServer pid=5) INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
  ])('takes an engine for serving whose log begins in the middle: %s', (line) => {
    const wrong = '(APIServer pid=5) ERROR 11-21 02:00:22 [serving.py:1] ValueError: too long';
    expect(diagnose([wrong, line, wrong]).verdict).toMatchObject({ kind: 'serving', requestErrors: 1 });
    expect(verdictOf([line, wrong, dead, core(outOfMemory)])).toBe('cuda-out-of-memory');
  });

  it('finds in a warning of torch why it sees no GPU', () => {
    const warned = (text: string) => `/opt/venv/torch/cuda/__init__.py:182: UserWarning: CUDA initialization: ${text}`;
    const tooOld = warned('The NVIDIA driver on your system is too old (found version 12040).');
    const noFabric = warned('Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized');
    const blind = 'RuntimeError: No CUDA GPUs are available';
    expect(verdictOf([tooOld, blind])).toBe('driver-too-old');
    expect(verdictOf([noFabric, core(blind)])).toBe('gpu-fabric-not-ready');
    expect(verdictOf([banner, tooOld])).toBe('unfinished');
    expect(verdictOf([banner, tooOld, served])).toBe('serving');
  });

  it("reads torch's own records behind the prefix of a process", () => {
    expect(
      verdictOf([
        '(RayWorkerWrapper pid=9) [rank1]:[E ProcessGroupNCCL.cpp:563] [Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1)',
      ]),
    ).toBe('peer-lost');
  });

  it('drops commands that the shell did not find before the engine started', () => {
    const noise = ['/home/u/.bashrc: line 7: conda: command not found', 'bash: line 3: module: command not found'];
    expect(verdictOf(noise)).toBe('conda-not-initialized');
    expect(verdictOf([...noise, banner])).toBe('unfinished');
    expect(verdictOf([...noise, banner, core(outOfMemory)])).toBe('cuda-out-of-memory');
  });

  it('drops findings that did not keep the engine from serving', () => {
    expect(verdictOf([banner, core(outOfMemory), served])).toBe('serving');
    expect(verdictOf([banner, core(outOfMemory), served, dead])).toBe('engine-core-failed');
  });

  it('takes an error while the engine serves for the cause only when the engine is dead', () => {
    const lines = [banner, served, core(outOfMemory)];
    expect(verdictOf(lines)).toBe('serving');
    expect(verdictOf([...lines, dead])).toBe('cuda-out-of-memory');
    expect(verdictOf(lines, { code: 0, signal: null })).toBe('cuda-out-of-memory');
  });

  it("takes no line after an order to end for a cause, except Slurm's", () => {
    const noise = core('vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue.');
    expect(verdictOf([banner, served, told, noise, core(outOfMemory)])).toBe('stopped');
    const limit = 'slurmstepd: error: *** JOB 42 ON node7 CANCELLED AT 2026-11-21T02:00:00 DUE TO TIME LIMIT ***';
    expect(verdictOf([banner, served, told, limit])).toBe('job-time-limit');
  });

  it('takes Ctrl-C while the engine serves for an order to end', () => {
    const interrupted = '(EngineCore pid=902) KeyboardInterrupt';
    expect(verdictOf([banner, served, interrupted])).toBe('stopped');
    expect(verdictOf([banner, interrupted])).toBe('start-interrupted');
  });

  it('does not know why vLLM refuses an argument in words that no entry has, and says so', () => {
    expect(verdictOf(['vllm serve: error: something new about --tensor-parallel-size'])).toBe('unknown');
  });

  it('takes no cause from the settings that vLLM prints before it dies', () => {
    const dump =
      "(EngineCore pid=7) ERROR 11-21 02:00:36 [dump_input.py:72] Dumping input data for V1 LLM engine (v0.11.0) with config: model='/m', trust_remote_code=True, max_seq_len=32768";
    expect(verdictOf([banner, served, dump, dead, core('KeyError: odd')])).toBe('unknown');
  });

  it.each([
    ['srun: error: node3: task 0: Bus error (core dumped)', 'bus-error'],
    ['srun: error: node[3-4]: tasks 0-1: Segmentation fault', 'segmentation-fault'],
    ['srun: error: node3: task 0: Illegal instruction', 'cpu-instruction-missing'],
    ['srun: error: node3: task 0: Killed', 'killed'],
    ['srun: error: node3: task 0: Out Of Memory', 'job-out-of-memory'],
    [
      'triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 131072',
      'triton-out-of-resources',
    ],
    ['AssertionError: please set tensor_parallel_size (8) to less than max local gpu count (4)', 'too-few-gpus'],
  ])('reads %s as %s', (line, id) => {
    expect(verdictOf([banner, line])).toBe(id);
  });

  it("takes the last line of an older vLLM's HTTP server for an order to end", () => {
    const older = 'INFO 05-10 16:00:15 [api_server.py:1043] vLLM API server version 0.8.5';
    expect(verdictOf([older, served, 'INFO:     Shutting down'])).toBe('stopped');
    expect(verdictOf([older, served, '(APIServer pid=1) INFO:     Shutting down'])).toBe('stopped');
    // Two pipes: the server's line may come before the engine's.
    expect(verdictOf([older, served, 'INFO:     Shutting down', core(outOfMemory), dead])).toBe('cuda-out-of-memory');
    expect(verdictOf([older, served, 'INFO:     Shutting down', dead])).toBe('engine-core-failed');
  });

  it.each([
    [{ code: 135, signal: null }, 'bus-error'],
    [{ code: null, signal: 'SIGBUS' }, 'bus-error'],
    [{ code: 137, signal: null }, 'killed'],
    [{ code: 139, signal: null }, 'segmentation-fault'],
    [{ code: 132, signal: null }, 'cpu-instruction-missing'],
    [{ code: 0, signal: null, oomKills: 2 }, 'job-out-of-memory'],
    [{ code: 3, signal: null }, 'unfinished'],
  ] as const)('reads the end of the process, where the log says nothing: %j', (end, expected) => {
    expect(verdictOf([banner], end)).toBe(expected);
  });

  it('applies an entry only to its versions', () => {
    const line = 'vllm serve: error: unrecognized arguments: --nnodes 2';
    expect(verdictOf(['INFO 05-10 16:00:15 [api_server.py:1043] vLLM API server version 0.8.5', line])).toBe(
      'flag-nnodes-too-new',
    );
    expect(verdictOf([banner, line])).toBe('flag-unknown');
  });

  it.each([
    ['srun --label', (line: string) => `0: ${line}`],
    ['docker compose', (line: string) => `vllm-1  | ${line}`],
    ['the journal', (line: string) => `Nov 18 18:07:17 gpu01 vllm[123]: ${line}`],
    ['ts', (line: string) => `2026-11-21T02:00:21.123Z ${line}`],
    ['colours', (line: string) => `\u001B[1;36m${line}\u001B[0m`],
    ['a line end of Windows', (line: string) => `${line}\r`],
    ['a progress bar', (line: string) => `Loading:  50%|     | 1/2\r${line}`],
  ])('reads a line behind the marks of %s', (_, mark) => {
    expect(verdictOf([core(outOfMemory)].map(mark))).toBe('cuda-out-of-memory');
    expect(verdictOf([outOfMemory].map(mark))).toBe('cuda-out-of-memory');
  });

  it.each(['> ', ' ', '    '])('reads a line of the engine behind %j', (mark) => {
    expect(verdictOf([`${mark}${core(outOfMemory)}`])).toBe('cuda-out-of-memory');
  });

  it('shortens a long line of evidence', () => {
    const { verdict } = diagnose([banner, core(`${outOfMemory}${'x'.repeat(1_000_000)}`)]);
    expect(verdict).toMatchObject({ kind: 'failed', evidence: [{ text: expect.stringMatching(/^.{401}$/) }] });
  });

  it('needs for a repeating storm of errors only a small factor more processor time than for the same bytes of plain records', () => {
    const storm = (index: number) => core(`ValueError: odd ${index}`);
    const plain = (index: number) => `(EngineCore pid=7) INFO 11-21 02:00:36 [core.py:1512] ValueError: odd ${index}`;
    const timeOf = (line: (index: number) => string) => {
      const judge = createLogJudge();
      const lines = Array.from({ length: 100_000 }, (_, index) => line(index));
      // Not the clock: it runs on while other processes have the processor.
      const before = process.cpuUsage();
      for (const one of lines) judge.push(one);
      return process.cpuUsage(before).user / 1_000;
    };
    timeOf(plain);
    expect(timeOf(storm)).toBeLessThan(20 * timeOf(plain) + 200);
  });
});
