import { type FieldReport, places, type TestPlace } from '../failure-mode.ts';

const nodeFailures = 'packages/engines/src/judge/known-node-failures.test.ts';
const command = 'packages/engines/src/port/engine-command.test.ts';

/** The table of excerpts: each case is named by its description. */
function excerpts(...cases: string[]): TestPlace[] {
  return places(...cases.map((what) => [nodeFailures, what] as const));
}

export const engineReports: readonly FieldReport[] = [
  {
    id: 'P31',
    threads: ['vllm-project/vllm#41848', 'vllm-project/vllm#46132', 'ai-dynamo/nixl#2007'],
    what: 'GPUs named by MIG or GPU names in CUDA_VISIBLE_DEVICES',
    seen: 'says that this vLLM cannot read them, and what to ask for; the sentence that follows is never read as "model not supported"',
    tests: excerpts(
      'GPUs that are given by MIG names',
      'the second sentence alone, in a job whose GPUs are MIG slices',
      'the second sentence alone, elsewhere',
    ),
  },
  {
    id: 'P32',
    threads: ['vllm-project/vllm#7074', 'sgl-project/sglang#3226', 'vllm-project/vllm#26318'],
    what: 'gloo or NCCL takes the loopback or a wrong interface, or hangs without a line',
    seen: "names the variables and the node's interfaces, after a failure and after a start that timed out; what stands in the node's name is not tried again",
    tests: [
      ...excerpts(
        "gloo on the node's loopback",
        "a name of the node's that is an IPv6 link-local address",
        'NCCL that loses a connection',
      ),
      ...places(
        [nodeFailures, "names the node's interfaces when the engine's processes were about to connect to each other"],
        [nodeFailures, 'names the time limit of the start, and a silent hang, when no line tells the cause'],
      ),
    ],
  },
  {
    id: 'P33',
    threads: ['NVIDIA/TensorRT-LLM#17368', 'vllm-project/vllm-ascend#6815', 'ai-dynamo/nixl#1913'],
    what: 'faults of shared file systems, limits and GPUs: SIGBUS, ESTALE, read-only caches, threads, busy and broken GPUs',
    seen: 'each with its cure; a broken GPU, a cache that may only be read and a limit of files are not tried again',
    tests: excerpts(
      'SIGBUS',
      'SIGBUS through a shell',
      'a worker that got SIGBUS',
      'a stale file handle',
      'a cache that may only be read',
      'a link that leads nowhere in the container',
      'too few open files',
      'too few threads',
      'a GPU that another process holds',
      'a broken GPU',
    ),
  },
  {
    id: 'P34',
    threads: [
      'apptainer/apptainer#1021',
      'apptainer/apptainer#1033',
      'apptainer/apptainer#949',
      'apptainer/apptainer#2121',
      'apptainer/apptainer#2458',
    ],
    what: 'Apptainer or Singularity refuses the image, or takes the environment away',
    seen: 'the FATAL line with its cure; a missing image is not tried again, a mount that timed out is; with `--cleanenv` the engine gets what it needs all the same',
    tests: [
      ...excerpts(
        'an image that is not there',
        'an image that could not be mounted this time',
        'a bound directory that is not there',
        'a program that the image lacks',
        'a wrapper that leaves at once',
      ),
      ...places([command, 'engineCommand brings what the engine needs into a container with a clean environment: %j']),
    ],
  },
];
