// Memory and limits of the job.

import type { FailureEntry } from './failure-entry.ts';

const recorded = 'recorded from vLLM 0.32.0';
const limits = { topic: 'limits' } as const;
const errno = 'https://man7.org/linux/man-pages/man3/errno.3.html';
const moreMemory = "Ask for more (`slurm.mem`, the preset's `mem`, or `#SBATCH --mem`)";

export const limitFailures: readonly FailureEntry[] = [
  {
    ...limits,
    id: 'job-out-of-memory',
    what: 'the job used more memory than it asked for, and the kernel killed a process of it',
    patterns: [
      /Detected \d+ oom[_-]kill event/,
      /(?:Memory cgroup out of memory|Out of memory): Killed process/,
      /task \S{1,20}: Out Of Memory/,
      /Exceeded (?:job|step) memory limit/,
      /^the cgroup counted \d+ oom_kill/,
    ],
    retry: false,
    otherNode: false,
    why: 'Main memory, not that of the GPU: loading weights, --cpu-offload-gb, and files in /dev/shm or /tmp count.',
    cure: `${moreMemory}: at least the size of the weights on each node.`,
    sources: [
      'https://slurm.schedmd.com/cgroup.conf.html',
      'https://www.osc.edu/documentation/knowledge_base/out_of_memory_oom_or_excessive_memory_usage',
    ],
  },
  {
    ...limits,
    id: 'locked-memory-too-low',
    what: 'the job may lock too little memory for InfiniBand',
    patterns: [/ibv_\w{3,30} failed.{0,40}Cannot allocate memory/],
    retry: false,
    otherNode: false,
    why: 'NCCL registers memory with the network card, and the limit of locked memory (`ulimit -l`) of the job is too low.',
    cure: 'Put `ulimit -l unlimited` into the `prologue`. If that is refused, ask the site (PropagateResourceLimitsExcept=MEMLOCK in slurm.conf), or set `NCCL_IB_DISABLE: "1"` in `env`, which is slow.',
    sources: ['https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html'],
  },
  {
    ...limits,
    id: 'memory-allocation-failed',
    what: 'the process cannot get more main memory',
    patterns: [
      /\[Errno 12\]|Cannot allocate memory/,
      /^MemoryError\b/,
      /std::bad_alloc/,
      /DefaultCPUAllocator: (?:can't allocate|not enough) memory/,
    ],
    retry: false,
    otherNode: false,
    why: 'The memory of the job, or a limit of addresses (`ulimit -v`), is used up.',
    cure: `${moreMemory}; \`ulimit -v unlimited\` in the \`prologue\`.`,
    sources: [errno],
  },
  {
    ...limits,
    id: 'too-many-open-files',
    what: 'the job has reached its limit of open files',
    patterns: [/\[Errno 24\]|Too many open files/],
    retry: false,
    otherNode: false,
    why: 'The limit of open files (`ulimit -n`) is lower than what vLLM needs.',
    cure: "Put `ulimit -n 65536` (or what `ulimit -Hn` allows) into the cluster's `prologue`.",
    sources: [recorded],
  },
  {
    ...limits,
    id: 'too-many-threads',
    what: 'your account may start no more processes and threads on this node',
    patterns: [
      /can't start new thread|pthread_create failed/,
      /(?:\bfork\b|BlockingIOError).{0,80}Resource temporarily unavailable/,
    ],
    retry: true,
    otherNode: true,
    why: 'The limit (`ulimit -u`) counts all of your jobs on the node together.',
    cure: 'Set OMP_NUM_THREADS to the CPUs of the job in `env` of this cluster, ask for the whole node, or ask the site. It is tried again.',
    sources: ['https://man7.org/linux/man-pages/man2/setrlimit.2.html'],
  },
  {
    ...limits,
    id: 'file-size-limit',
    what: 'the job may not write files of this size',
    patterns: [/\[Errno 27\]|File too large/, /^killed by SIGXFSZ/],
    retry: false,
    otherNode: false,
    why: 'A limit of the shell (`ulimit -f`) or of the file system.',
    cure: 'Put `ulimit -f unlimited` into the `prologue`, or move the caches elsewhere.',
    sources: [errno],
  },
];
