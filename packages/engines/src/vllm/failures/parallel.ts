// How a model is spread over GPUs and nodes.

import type { FailureEntry } from '../../catalogue/failure-entry.ts';

const recorded = 'recorded from vLLM 0.32.0';
const scaling = 'https://docs.vllm.ai/en/latest/serving/parallelism_scaling.html';
const final = { topic: 'parallel', retry: false, otherNode: false } as const;

export const parallelFailures: readonly FailureEntry[] = [
  {
    ...final,
    id: 'heads-not-divisible',
    what: '{asked} GPUs do not divide the {heads} attention heads of the model',
    patterns: [
      /Total number of attention heads \((?<heads>\d+)\) must be divisible by tensor parallel size \((?<asked>\d+)\)/,
    ],
    why: 'Each GPU of a tensor parallel group takes the same number of heads.',
    cure: 'Take a number of GPUs that divides {heads}, most often 1, 2, 4 or 8 (`--gpus`, `--tensor-parallel-size`).',
    sources: [recorded, 'vllm/config/model.py'],
  },
  {
    ...final,
    id: 'dimension-not-divisible',
    what: '{asked} GPUs do not divide a dimension of the model ({size})',
    patterns: [/AssertionError: (?<size>\d+) is not divisible by (?<asked>\d+)$/],
    why: 'A layer is cut into as many equal parts as there are GPUs in a tensor parallel group.',
    cure: 'Take a number of GPUs that divides {size}, most often 1, 2, 4 or 8 (`--gpus`, `--tensor-parallel-size`).',
    sources: ['vllm/distributed/utils.py'],
  },
  {
    ...final,
    id: 'fp8-blocks-not-divisible',
    what: 'that many GPUs do not divide the blocks of the quantized weights',
    patterns: [
      /is not divisible by weight quantization block_[nk]/,
      /The (?:input|output)_size_per_partition .{0,80}not divisible/i,
      /Weight (?:input|output)_size_per_partition = \d+ is not divisible by/,
    ],
    why: 'FP8, AWQ and GPTQ weights are quantized in blocks, which cannot be cut.',
    cure: 'Fewer GPUs per group (`--tensor-parallel-size 4`), or `--enable-expert-parallel` for a mixture of experts.',
    sources: ['vllm/model_executor/layers/quantization/utils'],
  },
  {
    ...final,
    id: 'pipeline-unsupported',
    what: 'this model cannot be split into pipeline stages',
    patterns: [/Pipeline parallelism is not supported for this model/],
    why: 'Its code in vLLM has no stages.',
    cure: 'Use tensor parallelism alone: `--pipeline-parallel-size 1`.',
    sources: [scaling],
  },
  {
    ...final,
    id: 'too-few-gpus',
    what: 'the model is to run on {asked} GPUs, and the job has {found}',
    patterns: [
      /World size \((?<asked>\d+)\) is larger than the number of available GPUs \((?<found>\d+)\)/,
      // vLLM before 0.7.
      /please set tensor_parallel_size \((?<asked>\d+)\) to less than max local gpu count \((?<found>\d+)\)/,
    ],
    why: 'Tensor times pipeline parallel size is more than the GPUs that the job sees on this node.',
    cure: 'Ask for as many: `--gpus {asked}`; or lower `--tensor-parallel-size`; over several nodes `--nodes`.',
    sources: ['vllm/config/parallel.py', scaling],
  },
  {
    ...final,
    id: 'too-few-numa-nodes',
    what: 'vLLM on CPUs is to run {workers} workers, and the job has fewer NUMA nodes',
    patterns: [/Not enough allowed NUMA nodes to bind threads of (?<workers>\d+) local CPUWorkers/],
    why: 'Each worker takes a NUMA node of its own.',
    cure: 'Set `--tensor-parallel-size 1`, or bind by hand: VLLM_CPU_OMP_THREADS_BIND in `env`.',
    sources: [recorded],
  },
];
