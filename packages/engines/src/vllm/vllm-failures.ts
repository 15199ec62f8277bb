// The most frequent reasons why a vLLM does not start, with the cure. Data; judge/classify-failure.ts applies it.
// Texts as recorded from vLLM 0.32 by running it, from its source where no GPU was at hand, and from reports of users.

import type { KnownFailure } from '../judge/known-failure.ts';
import { gpuNamesHint, namesGpus } from '../judge/known-node-failures.ts';

export const vllmFailures: readonly KnownFailure[] = [
  {
    pattern: /Model architectures .* failed to be inspected/,
    hint: (surroundings) =>
      namesGpus(surroundings)
        ? gpuNamesHint(surroundings)
        : 'This sentence says little: vLLM could not load its code for the model. The cause stands before it in `fairlead logs --source engine`.',
    fatal: false,
  },
  {
    pattern: /unrecognized arguments?: |argument \S+: invalid /,
    hint: "Correct the engine's arguments; this vLLM does not know them. `vllm serve --help=all` on the cluster lists them.",
    fatal: true,
  },
  {
    pattern: /CUDA out of memory|not enough GPU memory/,
    hint: 'The model does not fit. Ask for more GPUs, lower --max-num-seqs or --gpu-memory-utilization, or take a quantized model.',
    fatal: false,
  },
  {
    pattern: /Free memory on device .* is less than desired GPU memory utilization/,
    hint: 'Another process holds memory of this GPU. Exclude the node (--exclude) and report it to the site, or lower --gpu-memory-utilization.',
    fatal: false,
  },
  {
    pattern: /No available memory for the cache blocks/,
    hint: 'The weights leave no room for the KV cache. Ask for more GPUs, or raise --gpu-memory-utilization.',
    fatal: true,
  },
  {
    pattern: /To serve at least one request with the model's max seq len/,
    hint: 'The context does not fit into the KV cache. Set --max-model-len to the estimated maximum named in the message, or to auto.',
    fatal: true,
  },
  {
    pattern: /User-specified max_model_len \(\d+\) is greater than the derived max_model_len/,
    hint: "Set --max-model-len to at most the model's own maximum, named in the message.",
    fatal: true,
  },
  {
    pattern: /GatedRepoError|Cannot access gated repo|access a gated repo|401 Client Error|403 Client Error/,
    hint: "Accept the model's licence on its Hugging Face page, and name a tokenFile that holds a token of that account.",
    fatal: true,
  },
  {
    pattern:
      /RepositoryNotFoundError|is not a valid model identifier|Repo id must be in the form|Invalid repository ID or local directory/,
    hint: 'Check the model: the id as on Hugging Face, or the full path of a folder that the compute node can read.',
    fatal: true,
  },
  {
    pattern:
      /LocalEntryNotFoundError|couldn't connect to 'https:\/\/huggingface\.co'|outgoing traffic has been disabled/,
    hint: 'The compute node has no way to Hugging Face. Download the model on the login node first (`hf download`), with HF_HOME on a shared file system.',
    fatal: true,
  },
  {
    pattern: /No space left on device|Disk quota exceeded|Not enough free disk space/,
    hint: 'Move HF_HOME and VLLM_CACHE_ROOT to a file system with room, for instance your scratch.',
    fatal: false,
  },
  {
    pattern: /Model architectures .* are not supported|does not recognize this architecture/,
    hint: 'This vLLM does not know the model. Use a newer one.',
    fatal: true,
  },
  {
    pattern: /Failed to infer device type/,
    hint: 'No GPU is visible to the engine. Check that GPUs are asked for, that the vLLM is built for them, and that a container is started with --nv.',
    fatal: true,
  },
  {
    pattern: /NVIDIA driver on your system is too old|unsupported toolchain|no kernel image is available/,
    hint: "The node's NVIDIA driver or GPU does not fit this vLLM's CUDA. Use a vLLM built for it, or other nodes.",
    fatal: true,
  },
  {
    pattern: /Insufficient space in \/dev\/shm/,
    hint: 'The node has too little shared memory (/dev/shm). Use other nodes, or ask the site.',
    fatal: false,
  },
];
