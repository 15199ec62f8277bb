// Failures of a start as data: the place, the line that names the cause, and the end of the process.
// The texts are recorded (measured.md, Wrong starts) unless `source` says that they are from the code of vLLM 0.32.0.

export interface StartFailure {
  /** The place of the failure; each place wraps the cause in its own way. */
  at: 'config' | 'bind' | 'engine' | 'worker' | 'silent';
  source: 'recorded' | 'code';
  /** The first specific line, `Type: text`; for `config` with `Value error, ` inside a pydantic error. May hold `{model}`. */
  cause: string;
  /** An exit code, or the signal that ends it, or no end at all. Default: exit code 1. */
  end?: { signal: 'SIGSEGV' | 'SIGKILL' } | 'never';
}

const catalogue = {
  'cuda-oom': {
    at: 'worker',
    source: 'code',
    cause:
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 448.00 MiB. GPU 0 has a total capacity of 39.39 GiB of which 210.31 MiB is free. Including non-PyTorch memory, this process has 39.17 GiB memory in use.',
  },
  'gpu-busy': {
    at: 'worker',
    source: 'code',
    cause:
      'ValueError: Free memory on device cuda:0 (11.54/39.39 GiB) on startup is less than desired GPU memory utilization (0.92, 36.24 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.',
  },
  'no-gpu': { at: 'config', source: 'code', cause: 'RuntimeError: Failed to infer device type' },
  'driver-too-old': {
    at: 'worker',
    source: 'code',
    cause:
      'RuntimeError: The NVIDIA driver on your system is too old (found version 12020). Please update your GPU driver by downloading and installing a new version.',
  },
  'too-few-gpus': {
    at: 'config',
    source: 'code',
    cause:
      "Value error, World size (8) is larger than the number of available GPUs (4) in this node. If this is intentional and you are using:\n- ray, set '--distributed-executor-backend ray'.\n- multiprocessing, set '--nnodes' appropriately.",
  },
  nccl: {
    at: 'worker',
    source: 'code',
    cause:
      'torch.distributed.DistBackendError: NCCL error: unhandled system error (run with NCCL_DEBUG=INFO for details)',
  },
  'kv-too-small': {
    at: 'engine',
    source: 'recorded',
    cause:
      "ValueError: To serve at least one request with the model's max seq len (131072), (0.06 GiB KV cache is needed, which is larger than the available KV cache memory (0.0 GiB). Based on the available memory, the estimated maximum model length is 1792. Try increasing `gpu_memory_utilization` (which also controls CPU memory on the CPU backend) or decreasing `max_model_len` when initializing the engine. See https://docs.vllm.ai/en/latest/configuration/conserving_memory/ for more details.",
  },
  'no-kv-memory': {
    at: 'engine',
    source: 'recorded',
    cause:
      'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
  },
  'model-missing': {
    at: 'config',
    source: 'recorded',
    cause:
      "huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '{model}'. Use `repo_type` argument if needed.",
  },
  'gated-model': {
    at: 'config',
    source: 'code',
    cause:
      'OSError: You are trying to access a gated repo.\nMake sure to have access to it at https://huggingface.co/{model}.\n401 Client Error. Cannot access gated repo for url https://huggingface.co/{model}/resolve/main/config.json.',
  },
  'model-unknown': {
    at: 'config',
    source: 'code',
    cause:
      'huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. Repository Not Found for url: https://huggingface.co/api/models/{model}.',
  },
  'hub-offline': {
    at: 'config',
    source: 'recorded',
    cause:
      "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for the specified revision on the local disk and outgoing traffic has been disabled. To enable repo look-ups and downloads online, pass 'local_files_only=False' as input.",
  },
  'config-missing': {
    at: 'config',
    source: 'recorded',
    cause: "Value error, Invalid repository ID or local directory specified: '{model}'",
  },
  'config-broken': {
    at: 'config',
    source: 'recorded',
    cause: "OSError: It looks like the config file at '{model}/config.json' is not a valid JSON file.",
  },
  'bad-arch': {
    at: 'config',
    source: 'recorded',
    cause:
      "Value error, Model architectures ['FooBarForCausalLM'] are not supported for now. Supported architectures: dict_keys(['LlamaForCausalLM', 'MistralForCausalLM', 'Qwen3ForCausalLM'])",
  },
  'model-type-unknown': {
    at: 'config',
    source: 'recorded',
    cause:
      'Value error, The checkpoint you are trying to load has model type `foobar` but Transformers does not recognize this architecture.',
  },
  'max-model-len': {
    at: 'config',
    source: 'recorded',
    cause:
      "Value error, User-specified max_model_len (9999999) is greater than the derived max_model_len (max_position_embeddings=2048.0 or model_max_length=None in model's config.json). To allow overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1. VLLM_ALLOW_LONG_MAX_MODEL_LEN must be used with extreme caution. If the model uses relative position encoding (RoPE), positions exceeding derived_max_model_len lead to nan. If the model uses absolute position encoding, positions exceeding derived_max_model_len will cause a CUDA array out-of-bounds error. [type=value_error, input_value=ArgsKwargs((), {'model': ...nderer_num_workers': 1}), input_type=ArgsKwargs]",
  },
  'heads-not-divisible': {
    at: 'config',
    source: 'recorded',
    cause: 'Value error, Total number of attention heads (4) must be divisible by tensor parallel size (3).',
  },
  'weights-truncated': {
    at: 'worker',
    source: 'recorded',
    cause:
      'safetensors._safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata, file not fully covered',
  },
  'weights-missing': {
    at: 'worker',
    source: 'recorded',
    cause: 'RuntimeError: Cannot find any model weights with `{model}`',
  },
  'shard-missing': {
    at: 'worker',
    source: 'recorded',
    cause:
      "FileNotFoundError: Weight files referenced in index but missing: {'{model}/model-00002-of-00003.safetensors'}",
  },
  'shm-too-small': {
    at: 'engine',
    source: 'recorded',
    cause:
      'RuntimeError: Insufficient space in /dev/shm for shared-memory allocation: 160 MiB required, 0 MiB free. Increase /dev/shm (e.g. --shm-size or --ipc=host).',
  },
  'quota-exceeded': { at: 'worker', source: 'code', cause: "OSError: [Errno 122] Disk quota exceeded: '{model}'" },
  /** This failure does not end the process: `vllm serve` was still running after 60 s. */
  'disk-full': {
    at: 'worker',
    source: 'recorded',
    cause: 'torch._inductor.exc.InductorError: OSError: [Errno 28] No space left on device',
    end: 'never',
  },
  'port-in-use': { at: 'bind', source: 'recorded', cause: 'OSError: [Errno 98] Address already in use' },
  /** `ulimit -v` is too small: the process dies during the imports, without a line. */
  segfault: { at: 'silent', source: 'recorded', cause: '', end: { signal: 'SIGSEGV' } },
  /** The kernel's or the cgroup's out-of-memory killer killed the API server. */
  'oom-killed': { at: 'silent', source: 'code', cause: '', end: { signal: 'SIGKILL' } },
} as const satisfies Record<string, StartFailure>;

export type FailureName = keyof typeof catalogue;

export const failures: Record<FailureName, StartFailure> = catalogue;

export const failureNames = Object.keys(catalogue) as FailureName[];
