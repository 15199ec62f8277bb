// What does not fit: weights, KV cache, work; on GPUs, and with vLLM on CPUs.

import type { FailureEntry } from '../../catalogue/failure-entry.ts';

const recorded = 'recorded from vLLM 0.32.0';
const conserving = 'https://docs.vllm.ai/en/latest/configuration/conserving_memory.html';
const final = { topic: 'gpu-memory', retry: false, otherNode: false } as const;

export const gpuMemoryFailures: readonly FailureEntry[] = [
  {
    ...final,
    id: 'context-too-long-for-kv',
    what: 'a context of {length} tokens does not fit into the KV cache; {fits} would',
    patterns: [
      /To serve at least one request with the models?'s max seq len \((?<length>\d+)\).{0,400}estimated maximum model length is (?<fits>\d+)/,
      /To serve at least one request with the models?'s max seq len \((?<length>\d+)\)/,
      // Before 0.10.
      /The model's max seq len \((?<length>\d+)\) is larger than the maximum number of tokens that can be stored in KV cache \((?<fits>\d+)\)/,
    ],
    why: 'What is left of the GPU beside the weights holds fewer tokens than one request may have.',
    cure: 'Set `--max-model-len {fits}`, or `--max-model-len auto`; or more GPUs, or `--kv-cache-dtype fp8`.',
    sources: [recorded, 'vllm/v1/core/kv_cache_utils.py'],
  },
  {
    ...final,
    id: 'no-kv-memory',
    what: 'the weights leave no room for the KV cache',
    patterns: [/No available memory for the cache blocks/, /Cannot auto-fit max_model_len/],
    why: 'Weights, activations and graphs take all that --gpu-memory-utilization allows.',
    cure: 'More GPUs (`--gpus`), a quantized model, or a higher `--gpu-memory-utilization` (0.95).',
    sources: [recorded, conserving],
  },
  {
    ...final,
    id: 'sampler-warmup-memory',
    what: 'there is no GPU memory to sample for {requests} requests at a time',
    patterns: [/occurred when warming up sampler with (?<requests>\d+) dummy requests/],
    why: 'Sampling needs memory for sequences times vocabulary, on top of the rest.',
    cure: 'Set `--max-num-seqs` to a quarter of {requests}, or lower `--gpu-memory-utilization`.',
    sources: ['vllm/v1/worker/gpu_model_runner.py', conserving],
  },
  {
    ...final,
    id: 'gpu-memory-taken',
    what: 'another process holds memory of this GPU ({free} GiB free)',
    patterns: [
      /Free memory on device\s?\S{0,20} \((?<free>[\d.]+)\/(?<total>[\d.]+) GiB\) on startup is less than desired GPU memory utilization/,
      /Error in memory profiling\. Initial free memory/,
    ],
    retry: true,
    otherNode: true,
    why: 'A process of another job, or one that an earlier job left behind, is on the GPU.',
    cure: "Exclude the node (`slurm.extra: ['#SBATCH --exclude=<node>']`), deploy again, and report it to the site; or lower `--gpu-memory-utilization`.",
    sources: ['vllm/v1/worker/utils.py', 'https://github.com/vllm-project/vllm/issues/20305'],
  },
  {
    ...final,
    id: 'cuda-out-of-memory',
    what: 'the GPU ran out of memory',
    patterns: [
      /CUDA out of memory/,
      /HIP out of memory/,
      /not enough GPU memory/,
      /CUDA error: out of memory/,
      /cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED/,
    ],
    retry: true,
    why: 'The model does not fit, or the work on it at a time does not.',
    cure: 'More GPUs (`--gpus`) or a quantized model. Where it happens under load: halve `--max-num-seqs` and `--max-num-batched-tokens`, or lower `--gpu-memory-utilization` to 0.85.',
    sources: [conserving, 'https://github.com/vllm-project/vllm/issues/16343'],
  },
  {
    ...final,
    id: 'cpu-kv-too-large',
    what: 'the node has less memory than the KV cache is to take ({asked} GiB)',
    patterns: [/Available memory on node \d+ .{0,80}is less than requested memory for kv \((?<asked>[\d.]+) GiB\)/],
    why: 'VLLM_CPU_KVCACHE_SPACE is more than one NUMA node has.',
    cure: 'Lower VLLM_CPU_KVCACHE_SPACE in `env`, or ask for more memory (`slurm.mem`).',
    sources: [recorded],
  },
  {
    ...final,
    id: 'cpu-memory-taken',
    what: 'the node has less free memory than vLLM on CPUs takes by default',
    patterns: [/Available memory on node \d+ .{0,80}is less than desired CPU memory utilization/],
    otherNode: true,
    why: 'vLLM on CPUs takes --gpu-memory-utilization of the NUMA node, not of the job.',
    cure: 'Set `VLLM_CPU_KVCACHE_SPACE: "8"` (GiB) in `env`.',
    sources: [recorded],
  },
];
