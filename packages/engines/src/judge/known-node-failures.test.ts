// Excerpts from reports of users of vLLM, SGLang, TensorRT-LLM and Apptainer, and the message and cure for each.

import { describe, expect, it } from 'vitest';
import { classifyFailure, type EngineEnd } from './classify-failure.ts';
import { createLogJudge } from '../diagnose/log-judge.ts';
import { explainSilence } from './explain-silence.ts';

const surroundings = { engine: 'vllm', gpus: '0', interfaces: ['ib0', 'hsn0'] };
const mig = 'MIG-7c1a1d44-2b9e-5f0a-9d55-1f3c8f3d2a10';
const inspected = `(APIServer pid=9)   Value error, Model architectures ['LlamaForCausalLM'] failed to be inspected. Please check the logs for more details. [type=value_error, input_value=ArgsKwargs((), {}), input_type=ArgsKwargs]`;
const squashfuse =
  'FATAL:   container creation failed: mount hook function failure: mount /proc/self/fd/3->/var/lib/apptainer/mnt/session/rootfs error: while mounting image /proc/self/fd/3: squashfuse_ll exited with status 255: fuse: mount timed out';
const missingImage =
  'FATAL:   could not open image /scratch/alice/vllm.sif: failed to retrieve path for /scratch/alice/vllm.sif: lstat /scratch/alice/vllm.sif: no such file or directory';

function judged(end: Partial<EngineEnd> & { line?: string }) {
  const { line, ...more } = end;
  return classifyFailure({ code: 1, signal: null, lines: line === undefined ? [] : [line], surroundings, ...more });
}

interface Case {
  what: string;
  end: Partial<EngineEnd> & { line?: string };
  message: RegExp;
  hint: RegExp;
  fatal: boolean;
}

const cases: readonly Case[] = [
  {
    what: 'GPUs that are given by MIG names',
    end: { lines: [`ValueError: invalid literal for int() with base 10: '${mig}'`, inspected] },
    message: /invalid literal for int.*MIG-7c1a1d44/,
    hint: /names of GPUs or MIG slices.*whole GPUs.*indices/,
    fatal: true,
  },
  {
    what: 'GPUs that are given by GPU names, in the log of an engine core',
    end: {
      line: "(EngineCore pid=3) ERROR 11-21 02:00:36 [registry.py:9] ValueError: invalid literal for int() with base 10: 'GPU-3f'",
    },
    message: /GPU-3f/,
    hint: /names of GPUs or MIG slices/,
    fatal: true,
  },
  {
    what: 'the second sentence alone, in a job whose GPUs are MIG slices',
    end: { line: inspected, surroundings: { ...surroundings, gpus: mig } },
    message: /failed to be inspected/,
    hint: new RegExp(`CUDA_VISIBLE_DEVICES is ${mig}.*indices`),
    fatal: false,
  },
  {
    what: 'the second sentence alone, elsewhere',
    end: { line: inspected },
    message: /failed to be inspected/,
    hint: /says little.*fairlead logs/,
    fatal: false,
  },
  {
    what: "gloo on the node's loopback",
    end: {
      line: '(Worker pid=5) ERROR 11-21 02:00:36 [multiproc_executor.py:8] RuntimeError: Gloo connectFullMesh failed with [../third_party/gloo/gloo/transport/tcp/pair.cc:144] no error',
    },
    message: /Gloo connectFullMesh failed/,
    hint: /GLOO_SOCKET_IFNAME and NCCL_SOCKET_IFNAME, and VLLM_HOST_IP.*This node has: ib0, hsn0/,
    fatal: true,
  },
  {
    what: "a name of the node's that is an IPv6 link-local address",
    end: {
      line: '[rank0]: RuntimeError: [enforce fail at gloo/transport/tcp/device.cc:83] ifa != nullptr. Unable to find address for: fe80::1%eth0',
    },
    message: /Unable to find address for/,
    hint: /GLOO_SOCKET_IFNAME/,
    fatal: true,
  },
  {
    what: 'NCCL that loses a connection',
    end: {
      line: 'torch.distributed.DistBackendError: NCCL error in: NCCLUtils.cpp:77, unhandled system error, ncclSystemError: call to connect failed',
    },
    message: /ncclSystemError/,
    hint: /NCCL_SOCKET_IFNAME/,
    fatal: false,
  },
  {
    what: 'SIGBUS',
    end: { code: null, signal: 'SIGBUS' },
    message: /SIGBUS/,
    hint: /local disk.*--safetensors-load-strategy/,
    fatal: false,
  },
  {
    what: 'SIGBUS through a shell',
    end: { code: 135, line: 'Bus error (core dumped)' },
    message: /exit code 135/,
    hint: /--safetensors-load-strategy/,
    fatal: false,
  },
  {
    what: 'a worker that got SIGBUS',
    end: {
      line: '(EngineCore pid=2) ERROR 11-21 02:00:36 [multiproc_executor.py:312] Worker proc VllmWorker-1 died unexpectedly (exit code: -7), shutting down executor.',
    },
    message: /Worker proc VllmWorker-1 died unexpectedly \(exit code: -7\)/,
    hint: /--safetensors-load-strategy/,
    fatal: false,
  },
  {
    what: 'a worker that the node ended for its memory',
    end: {
      line: '(EngineCore pid=2) ERROR 11-21 02:00:36 [multiproc_executor.py:312] Worker proc VllmWorker-0 died unexpectedly (exit code: -9), shutting down executor.',
    },
    message: /worker VllmWorker-0 was killed \(SIGKILL\)/,
    hint: /ran out of memory/,
    fatal: false,
  },
  {
    what: 'a stale file handle',
    end: { line: "OSError: [Errno 116] Stale file handle: '/home/alice/.cache/vllm/torch_compile_cache/x'" },
    message: /Stale file handle/,
    hint: /file server.*HF_HOME, VLLM_CACHE_ROOT/,
    fatal: false,
  },
  {
    what: 'a cache that may only be read',
    end: { line: "OSError: [Errno 30] Read-only file system: '/home/alice/.cache/flashinfer'" },
    message: /Read-only file system/,
    hint: /FLASHINFER_WORKSPACE_BASE/,
    fatal: true,
  },
  {
    what: 'a link that leads nowhere in the container',
    end: { line: "FileExistsError: [Errno 17] File exists: '/home/alice/.cache/huggingface'" },
    message: /File exists: '\/home\/alice/,
    hint: /link whose target is not there.*--bind/,
    fatal: true,
  },
  {
    what: 'too few open files',
    end: { line: "OSError: [Errno 24] Too many open files: '/x'" },
    message: /Errno 24/,
    hint: /ulimit -n/,
    fatal: true,
  },
  {
    what: 'too few threads',
    end: { line: "RuntimeError: can't start new thread" },
    message: /new thread/,
    hint: /ulimit -u.*OMP_NUM_THREADS/,
    fatal: false,
  },
  {
    what: 'a GPU that another process holds',
    end: { line: 'torch.AcceleratorError: CUDA error: CUDA-capable device(s) is/are busy or unavailable' },
    message: /busy or unavailable/,
    hint: /process of another job uses the GPU.*--exclude/,
    fatal: false,
  },
  {
    what: 'GPUs that other processes hold',
    end: { line: 'RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable' },
    message: /busy or unavailable/,
    hint: /--exclude/,
    fatal: false,
  },
  {
    what: 'a broken GPU',
    end: { line: 'RuntimeError: CUDA error: uncorrectable ECC error encountered' },
    message: /ECC/,
    hint: /cannot correct.*--exclude/,
    fatal: true,
  },
  {
    what: 'an image that is not there',
    end: { code: 255, line: missingImage },
    message: /^the engine failed \(exit code 255\): FATAL: could not open image/,
    hint: /compute node does not see a file at that path/,
    fatal: true,
  },
  {
    what: 'an image that could not be mounted this time',
    end: { code: 255, line: squashfuse },
    message: /FATAL: container creation failed/,
    hint: /tried again/,
    fatal: false,
  },
  {
    what: 'a bound directory that is not there',
    end: {
      code: 255,
      line: "FATAL:   container creation failed: mount hook function failure: mount /scratch/x->/scratch/x error: while mounting /scratch/x: mount source /scratch/x doesn't exist",
    },
    message: /mount source/,
    hint: /container\.binds/,
    fatal: true,
  },
  {
    what: 'a program that the image lacks',
    end: { code: 255, line: '\u001B[31mFATAL:  \u001B[0m "vllm": executable file not found in $PATH' },
    message: /executable file not found/,
    hint: /image does not have it/,
    fatal: true,
  },
  {
    what: 'a container runtime that says something else',
    end: { code: 255, line: 'FATAL:   kernel too old' },
    message: /FATAL: kernel too old/,
    hint: /srun --pty/,
    fatal: false,
  },
  {
    what: 'a wrapper that leaves at once',
    end: { code: 0, line: 'starting vllm in the background' },
    message: /exit code 0/,
    hint: /`exec` of the engine/,
    fatal: false,
  },
];

describe('classifyFailure', () => {
  it.each(cases)('tells $what with its cure', ({ end, message, hint, fatal }) => {
    const failure = judged(end);
    expect(failure.message).toMatch(message);
    expect(failure.hint).toMatch(hint);
    expect(failure.fatal).toBe(fatal);
    expect(failure.hint).not.toMatch(/does not know the model/);
  });

  it('does not mention scripts around the engine when the engine itself ended with 0', () => {
    const line = '(EngineCore pid=2) ERROR 11-21 02:00:36 [core.py:1100] EngineCore encountered a fatal error.';
    expect(judged({ code: 0, line }).hint).not.toContain('exec');
  });
});

describe('explainSilence', () => {
  it("names the node's interfaces when the engine's processes were about to connect to each other", () => {
    const line =
      'INFO 11-21 02:00:12 [parallel_state.py:1408] world_size=2 rank=0 distributed_init_method=tcp://10.1.2.3:29501 backend=nccl';
    const { hint, lastLines } = explainSilence(['before', '', line], surroundings);
    expect(hint).toMatch(/NCCL_SOCKET_IFNAME.*This node has: ib0, hsn0.*readyLimitSeconds/);
    expect(lastLines).toEqual(['before', line]);
  });

  it('names the failure that the engine has reported without ending', () => {
    const judge = createLogJudge();
    const line = 'torch._inductor.exc.InductorError: OSError: [Errno 28] No space left on device';
    judge.push(line);
    const { hint } = explainSilence([line], surroundings, judge.diagnose().verdict);
    expect(hint).toMatch(/^It has failed and did not end: a disk is full\. .*VLLM_CACHE_ROOT/);
  });

  it('names the time limit of the start, and a silent hang, when no line tells the cause', () => {
    expect(explainSilence([], surroundings).hint).toMatch(
      /`engines\.vllm\.readyLimitSeconds`.*write nothing \(NCCL, gloo\).*NCCL_DEBUG=INFO/,
    );
  });
});

it('a failure between nodes names the interfaces of both, and the line of the configuration to set', () => {
  const line =
    '(Worker_TP1 pid=9) ERROR 11-21 02:00:31 [multiproc_executor.py:953] RuntimeError: Gloo connectFullMesh failed with [x/gloo/transport/tcp/pair.cc:152] timed out connecting: SO_ERROR: No route to host, remote=[10.50.0.1]:5505';
  const nodes = [
    { host: 'node1', interfaces: ['eth0 10.77.0.11', 'ib0 10.50.0.1'] },
    { host: 'node2', interfaces: ['eth0 10.77.0.12'] },
  ];
  const { hint } = judged({ line, surroundings: { ...surroundings, nodes } });
  expect(hint).toContain('`nccl: {socketIfname: <interface>}`');
  expect(hint).toContain('Interfaces: node1 has eth0 10.77.0.11, ib0 10.50.0.1; node2 has eth0 10.77.0.12.');
});
