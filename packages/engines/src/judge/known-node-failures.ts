// Failures of the node rather than of the engine: file systems, limits, GPUs, network interfaces, containers. Data.
// Each is from a report of users of vLLM, SGLang, TensorRT-LLM or Apptainer (docs/field-reports.md, P31 to P34).

import type { EngineSurroundings, KnownFailure } from './known-failure.ts';

const localWeights =
  'A file that was mapped into memory vanished, or its file system failed. Copy the weights to a local disk of the node, or let the engine read them instead of mapping them (vLLM: --safetensors-load-strategy eager); --shm-size or /dev/shm may be too small as well.';
const localCaches =
  'Put the caches on a local disk of the node: HF_HOME, VLLM_CACHE_ROOT, TRITON_CACHE_DIR, FLASHINFER_WORKSPACE_BASE in `env` of this cluster.';

export const busErrorHint = localWeights;
export const outOfMemoryHint =
  'Most often the node ran out of memory. Ask for more (--mem), and see the job log for oom_kill.';

export const nodeFailures: readonly KnownFailure[] = [
  {
    pattern: /Address already in use|EADDRINUSE/,
    hint: 'Another process listens where the engine wants to. It is tried again.',
    fatal: false,
  },
  ...fileSystemFailures(),
  ...limitFailures(),
  ...gpuFailures(),
  ...networkFailures(),
  ...containerFailures(),
];

function fileSystemFailures(): KnownFailure[] {
  return [
    { pattern: /died \(exit code -7\)|Fatal Python error: Bus error/, hint: localWeights, fatal: false },
    { pattern: /died \(exit code -9\)/, hint: outOfMemoryHint, fatal: false },
    {
      pattern: /\[Errno 116\]|Stale file handle/,
      hint: `The file server lost a file that was in use. It is tried again. ${localCaches}`,
      fatal: false,
    },
    {
      pattern: /\[Errno 30\]|Read-only file system/,
      hint: `The engine wants to write where it may only read, often inside a container. ${localCaches}`,
      fatal: true,
    },
    {
      pattern: /\[Errno 17\] File exists/,
      hint: 'The path named above exists and is no directory. In a container it is most often a link whose target is not there: bind the target into the container (--bind), or set HF_HOME to a path that is.',
      fatal: true,
    },
  ];
}

function limitFailures(): KnownFailure[] {
  return [
    {
      pattern: /\[Errno 24\]|Too many open files/,
      hint: "The job may open too few files. Put `ulimit -n 65536` (or what `ulimit -Hn` allows) into the cluster's `prologue`.",
      fatal: true,
    },
    {
      pattern: /can't start new thread|Resource temporarily unavailable|pthread_create failed/,
      hint: 'Your account may start too few processes and threads on this node (`ulimit -u`), all of your jobs there together. Set OMP_NUM_THREADS to the CPUs of the job in `env` of this cluster, ask for the whole node, or ask the site. It is tried again.',
      fatal: false,
    },
  ];
}

function gpuFailures(): KnownFailure[] {
  return [
    { pattern: /invalid literal for int\(\) with base 10: '(?:MIG|GPU)-/, hint: gpuNamesHint, fatal: true },
    {
      pattern: /CUDA-capable devices? ?(?:\(s\))? (?:is\/)?are busy or unavailable/,
      hint: 'Another process holds this GPU. It is tried again; if that does not help, exclude the node (--exclude) and report it to the site.',
      fatal: false,
    },
    {
      pattern: /uncorrectable (?:NVLink|ECC) error|ECC error encountered/,
      hint: 'This GPU is broken (ECC). Exclude the node (--exclude), deploy again, and report the node to the site.',
      fatal: true,
    },
  ];
}

export function namesGpus({ gpus }: EngineSurroundings): boolean {
  return /(?:^|,)\s*(?:MIG|GPU)-/.test(gpus);
}

export function gpuNamesHint({ gpus }: EngineSurroundings): string {
  const found = gpus === '' ? '' : ` (CUDA_VISIBLE_DEVICES is ${gpus})`;
  return `The job's GPUs are given by names of GPUs or MIG slices${found}, which this engine cannot read. Ask for whole GPUs, set CUDA_VISIBLE_DEVICES to indices (0,1,…) in the cluster's \`prologue\`, or use a newer version.`;
}

function networkFailures(): KnownFailure[] {
  return [
    {
      pattern:
        /Gloo connectFullMesh failed|makeDeviceForHostname|Unable to find address for|no socket interface found|Bootstrap : no socket/i,
      hint: interfaceHint,
      fatal: true,
    },
    {
      pattern: /ncclSystemError|ncclRemoteError|NCCL error: unhandled system error/,
      hint: interfaceHint,
      fatal: false,
    },
  ];
}

/** Also what to do about processes that wait for each other without a word. */
export function interfaceHint({ interfaces }: EngineSurroundings): string {
  const found = interfaces.length === 0 ? '' : ` This node has: ${interfaces.join(', ')}.`;
  return `The engine's processes do not find each other: the node's own name leads to the loopback or to an address that does not work. Name the interface in \`env\` of this cluster: GLOO_SOCKET_IFNAME and NCCL_SOCKET_IFNAME, and VLLM_HOST_IP with its address where the engine is vLLM.${found} NCCL_DEBUG=INFO shows more.`;
}

function containerFailures(): KnownFailure[] {
  return [
    {
      pattern: /^FATAL: .*(?:could not open image|image file) .*no such file/i,
      hint: ({ engine }) =>
        `The container image is not there for the compute node. Check its path in \`engines.${engine}.command\`; it has to lie on a file system that compute nodes see.`,
      fatal: true,
    },
    {
      pattern: /^FATAL: .*mount source .* doesn't exist/i,
      hint: ({ engine }) =>
        `A directory that the container binds is not there on the compute node. Correct --bind in \`engines.${engine}.command\`, or APPTAINER_BIND in \`env\` of this cluster.`,
      fatal: true,
    },
    {
      pattern: /^FATAL: .*(?:mount hook|while mounting|squashfuse|fuse2fs|mount .* error|timed out)/i,
      hint: 'The container image could not be mounted. It is tried again; if that does not help, unpack the image (`apptainer build --sandbox`) or copy it to a local disk of the node.',
      fatal: false,
    },
    {
      pattern: /^FATAL: .*(?:not a valid image|image format not recognized|unknown image format|permission denied)/i,
      hint: 'The container image cannot be used. Check the file and its mode, and pull or build it anew.',
      fatal: true,
    },
    {
      pattern: /^FATAL: .*executable file not found/i,
      hint: ({ engine }) =>
        `The program is not in the container. Check the command after the image's name in \`engines.${engine}.command\`.`,
      fatal: true,
    },
    {
      pattern: /^FATAL: /,
      hint: ({ engine }) =>
        `The container runtime refused. Try the command of \`engines.${engine}.command\` on a compute node (\`srun --pty\`).`,
      fatal: false,
    },
  ];
}
