// The known flags of `vllm serve`: those that have an effect here, and those that are only accepted.

/** The number of words of a flag: `--x`, `--x V`, `--x V…`. A `switch` also has a `--no-` form. */
export type FlagKind = 'switch' | 'value' | 'list';

const words = (text: string): string[] => text.trim().split(/\s+/);

const switches = words(`
  enforce-eager enable-auto-tool-choice enable-prefix-caching enable-chunked-prefill enable-log-requests
  enable-log-outputs enable-expert-parallel enable-lora enable-sleep-mode enable-server-load-tracking
  enable-request-id-headers enable-prompt-tokens-details enable-force-include-usage enable-per-request-metrics
  enable-tokenizer-info-endpoint enable-scale-out trust-remote-code disable-uvicorn-access-log disable-log-stats
  disable-fastapi-docs disable-custom-all-reduce headless language-model-only data-parallel-hybrid-lb
  data-parallel-external-lb numa-bind async-scheduling`);

const values = words(`
  host port uds root-path max-model-len gpu-memory-utilization dtype quantization kv-cache-dtype load-format
  kv-cache-memory-bytes max-num-seqs max-num-queued-reqs max-num-queued-tokens max-num-batched-tokens block-size num-gpu-blocks-override cpu-offload-gb
  tensor-parallel-size pipeline-parallel-size data-parallel-size data-parallel-size-local data-parallel-rank
  data-parallel-start-rank data-parallel-address data-parallel-rpc-port data-parallel-backend
  decode-context-parallel-size distributed-executor-backend distributed-timeout-seconds nnodes node-rank master-addr
  master-port device-ids shutdown-timeout disable-access-log-for-endpoints tool-call-parser reasoning-parser
  chat-template default-chat-template-kwargs chat-template-content-format seed tokenizer tokenizer-mode revision
  tokenizer-revision download-dir hf-token hf-overrides config-format safetensors-load-strategy max-loras
  max-lora-rank max-cpu-loras generation-config limit-mm-per-prompt speculative-config kv-transfer-config
  kv-offloading-size structured-outputs-config compilation-config optimization-level max-log-len log-config-file
  uvicorn-log-level api-server-count runner convert allowed-local-media-path allowed-media-domains
  ssl-keyfile ssl-certfile rope-scaling fingerprint-mode h11-max-incomplete-event-size config`);

const lists = words(
  'served-model-name api-key lora-modules middleware allowed-origins allowed-methods allowed-headers',
);

export const vllmFlags: ReadonlyMap<string, FlagKind> = new Map<string, FlagKind>([
  ...switches.map((name) => [name, 'switch'] as const),
  ...values.map((name) => [name, 'value'] as const),
  ...lists.map((name) => [name, 'list'] as const),
]);

/** argparse's many-letter short forms. */
export const shortFlags: Readonly<Record<string, string>> = {
  '-tp': '--tensor-parallel-size',
  '-pp': '--pipeline-parallel-size',
  '-dp': '--data-parallel-size',
  '-q': '--quantization',
  '-cc': '--compilation-config',
};

/** argparse's `choices` of a flag, in its order. */
export const flagChoices: Readonly<Record<string, readonly string[]>> = {
  runner: ['auto', 'generate', 'pooling', 'draft'],
  convert: ['auto', 'none', 'embed', 'classify'],
  dtype: ['auto', 'bfloat16', 'float', 'float16', 'float32', 'half'],
};
