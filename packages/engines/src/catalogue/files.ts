// Disks, quotas, file systems.

import type { FailureEntry } from './failure-entry.ts';

const recorded = 'recorded from vLLM 0.32.0';
const files = { topic: 'files' } as const;
const errno = 'https://man7.org/linux/man-pages/man3/errno.3.html';
const localCaches =
  'Put the caches on a local disk of the node: HF_HOME, VLLM_CACHE_ROOT, TRITON_CACHE_DIR, FLASHINFER_WORKSPACE_BASE in `env` of this cluster.';

export const fileFailures: readonly FailureEntry[] = [
  {
    ...files,
    id: 'shm-too-small',
    what: 'the shared memory of the node (/dev/shm) is too small',
    patterns: [
      /Insufficient space in \/dev\/shm/,
      /unable to (?:allocate|open) shared memory object/i,
      /failed to extend \/dev\/shm\//,
      /creating shared memory segment \/dev\/shm\//,
      // Python names its segments without their folder.
      /\[Errno 28\] No space left on device: '\/(?:dev\/shm\/|psm_|torch_)/,
      /bus error encountered in worker\. This might be caused by insufficient shared memory/,
    ],
    retry: true,
    otherNode: true,
    why: "The node has too little shared memory for the engine's processes, or other jobs have filled it.",
    cure: 'Other nodes, or ask the site; in a container `--shm-size=16g` or `--ipc=host`.',
    sources: [recorded],
  },
  {
    ...files,
    id: 'quota-exceeded',
    what: 'your quota is used up',
    patterns: [/\[Errno 122\]|Disk quota exceeded/],
    retry: false,
    otherNode: false,
    why: 'Weights and caches of compilers do not fit into a small home.',
    cure: 'Move HF_HOME and VLLM_CACHE_ROOT to a file system with room (`env: { HF_HOME: <scratch>/huggingface, VLLM_CACHE_ROOT: <scratch>/vllm }`), or remove what you no longer need; `quota -s` shows it.',
    sources: [errno],
  },
  {
    ...files,
    id: 'disk-full',
    what: 'a disk is full',
    // The kernel says so of its limit of cgroups, too.
    patterns: [
      /\[Errno 28\]|(?<!cgroup: )No space left on device/,
      /Not enough free disk space/,
      /database or disk is full/,
    ],
    retry: true,
    otherNode: true,
    why: 'The file system of the caches, of the weights or of TMPDIR has no room left.',
    cure: 'Move HF_HOME and VLLM_CACHE_ROOT to a file system with room (`env: { HF_HOME: <scratch>/huggingface, VLLM_CACHE_ROOT: <scratch>/vllm }`); `df -h` in the job shows which one is full.',
    sources: [recorded],
  },
  {
    ...files,
    id: 'bus-error',
    what: 'a file that was mapped into memory vanished (SIGBUS)',
    patterns: [
      /died unexpectedly \(exit code: -7\)/,
      /^Fatal Python error: Bus error/,
      /^Bus error/,
      /^killed by SIGBUS/,
    ],
    retry: true,
    otherNode: true,
    why: 'The file was removed or cut off, its file system failed, or /dev/shm is full.',
    cure: 'Copy the weights to a local disk of the node, or let the engine read them instead of mapping them: `--safetensors-load-strategy eager`. --shm-size or /dev/shm may be too small as well.',
    sources: ['https://github.com/NVIDIA/TensorRT-LLM/issues/17368'],
  },
  {
    ...files,
    id: 'stale-file-handle',
    what: 'the file server lost a file that was in use',
    patterns: [/\[Errno 116\]|Stale file handle/],
    retry: true,
    otherNode: true,
    why: 'The file server replaced or removed the file, or was restarted. Fairlead starts the engine again.',
    cure: localCaches,
    sources: ['https://github.com/vllm-project/vllm-ascend/issues/6815'],
  },
  {
    ...files,
    id: 'read-only-file-system',
    what: 'a cache is on a file system that the engine cannot write to',
    patterns: [/\[Errno 30\]|Read-only file system/],
    retry: false,
    otherNode: false,
    why: 'The engine wants to write where it may only read, often inside a container.',
    cure: localCaches,
    sources: [errno],
  },
  {
    ...files,
    id: 'not-a-directory',
    what: 'a cache is a link that leads nowhere',
    // Not the name of a block of shared memory that another process holds, nor a link that two processes made at a time.
    patterns: [/\[Errno 17\] File exists(?!: '\/psm_|.{0,400} -> )/],
    retry: false,
    otherNode: false,
    why: 'The path named above exists and is no directory. In a container it is most often a link whose target is not there.',
    cure: 'Bind the target into the container (--bind), or set HF_HOME to a path that is.',
    sources: [errno],
  },
  {
    ...files,
    id: 'input-output-error',
    what: 'a file system of the node fails',
    // Of a socket it names no path.
    patterns: [/\[Errno 5\]|Input\/output error/, /Transport endpoint is not connected: '/],
    retry: true,
    otherNode: true,
    why: 'A disk, Lustre or FUSE answers with an I/O error.',
    cure: "It is tried again; if that does not help, exclude the node (`slurm.extra: ['#SBATCH --exclude=<node>']`) and report it.",
    sources: [errno],
  },
  {
    ...files,
    id: 'file-locks-missing',
    what: 'the file system of a cache has no file locks',
    patterns: [/\[Errno 37\]|No locks available/, /does not appear to support flock/],
    retry: false,
    otherNode: false,
    why: 'Hugging Face and compilers lock their caches, and this file system (NFS without its lock service, Lustre without -o flock) refuses that.',
    cure: localCaches,
    sources: [errno],
  },
];
