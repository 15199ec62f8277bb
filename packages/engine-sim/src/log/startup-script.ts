// The log lines of a start, phase by phase, and their times. Source: golden/log/startup.jsonl (0.32.0, CPU).

import { type Offer, routesOf } from '../wire/routes.ts';
import { vllmVersion } from '../vllm-version.ts';
import type { StartFailure } from './failures.ts';
import { api, core, err, type LogLine, record, worker } from './log-line.ts';
import { shardLine } from './shard-line.ts';

export interface StartupOptions {
  model: string;
  /** `{'model_tag': ...}` as Python prints it. */
  nonDefaultArgs: string;
  maxModelLen: number;
  /** The number of files of the weights; 0 with `--load-format dummy`. */
  shards: number;
  enforceEager: boolean;
  /** `unix:/path` or `http://host:port`. */
  listen: string;
  /** The duration of the whole start. */
  totalMs: number;
  kvCapacity: number;
  /** The tasks that it serves, which decide its routes. */
  offer: Offer;
}

/** The phases of a start. A SIGTERM has another effect in imports, configuration and handshake than later (process/life.ts). */
export type StartupStage = 'importing' | 'configuring' | 'handshaking' | 'loading';

export interface StartStep {
  phase: StartupStage;
  /** The time of the lines, as a fraction of the whole start. */
  at: number;
  lines: LogLine[];
  /** The failures that happen after these lines. */
  strikes?: ReadonlyArray<StartFailure['at']>;
}

const noTriton = err("Triton is installed, but doesn't include CPU backend. Disabling Triton.");

export function startupScript(options: StartupOptions): StartStep[] {
  return [
    { phase: 'importing', at: 0, lines: [], strikes: ['silent'] },
    { phase: 'configuring', at: 0.08, lines: [noTriton, ...banner(options)], strikes: ['bind', 'config'] },
    { phase: 'configuring', at: 0.1, lines: configuration(options) },
    { phase: 'handshaking', at: 0.15, lines: [noTriton] },
    { phase: 'loading', at: 0.25, lines: engineUp(options) },
    { phase: 'loading', at: 0.35, lines: [noTriton, ...workerUp(options)], strikes: ['worker'] },
    ...shardSteps(options),
    { phase: 'loading', at: 0.85, lines: loaded(options), strikes: ['engine'] },
    { phase: 'loading', at: 0.86, lines: [kvCacheSize(options)] },
    ...compileSteps(options),
    { phase: 'loading', at: 0.97, lines: [...initialized(options), ...serving(options)] },
  ];
}

/** uvicorn's last line of the start, when it can answer `GET /health`. */
export const startupComplete: readonly LogLine[] = [err('INFO:     Application startup complete.')];

function banner({ model, nonDefaultArgs }: StartupOptions): LogLine[] {
  const logo = [
    '',
    '       █     █     █▄   ▄█',
    ` ▄▄ ▄█ █     █     █ ▀▄▀ █  version ${vllmVersion}`,
    `  █▄█▀ █     █     █     █  model   ${model}`,
    '   ▀▀  ▀▀▀▀▀ ▀▀▀▀▀ ▀     ▀',
    '',
  ];
  return [api('api_utils.py:347', logo.join('\n')), api('api_utils.py:286', `non-default args: ${nonDefaultArgs}`)];
}

function configuration({ maxModelLen, enforceEager }: StartupOptions): LogLine[] {
  const eager =
    'Enforce eager set, disabling torch.compile, CUDAGraphs, and JIT kernel warmup. This is equivalent to setting -cc.mode=none -cc.cudagraph_mode=none and --kernel_config.enable_jit_warmup=False';
  return [
    api('model.py:733', 'Resolved architecture: LlamaForCausalLM'),
    api('model.py:2152', `Using max model len ${maxModelLen}`),
    ...(enforceEager ? [record('APIServer', 'WARNING', 'vllm.py:1703', eager)] : []),
    api('compilation.py:317', 'Enabled custom fusions: norm_quant, act_quant'),
  ];
}

function engineUp({ model, maxModelLen, enforceEager }: StartupOptions): LogLine[] {
  const config = `model='${model}', speculative_config=None, tokenizer='${model}', skip_tokenizer_init=False, tokenizer_mode=auto, revision=None, tokenizer_revision=None, trust_remote_code=False, dtype=torch.bfloat16, max_seq_len=${maxModelLen}, download_dir=None, load_format=auto, tensor_parallel_size=1, pipeline_parallel_size=1, data_parallel_size=1, decode_context_parallel_size=1, dcp_comm_backend=ag_rs, disable_custom_all_reduce=True, quantization=None, quantization_config=None, enforce_eager=${enforceEager ? 'True' : 'False'}, kv_cache_dtype=auto, device_config=cpu, seed=0`;
  const openMp = [
    'OpenMP thread binding info: ',
    "\tVLLM_CPU_OMP_THREADS_BIND='auto', auto_setup=True, skip_setup=False",
    '\tlocal_world_size=1, reserve_cpu_num=1',
    '\tlocal_rank=0, core ids=[0]',
    '\treserved_cpus=[1]',
  ];
  return [
    core('core.py:133', `Initializing a V1 LLM engine (v${vllmVersion}) with config: ${config}`),
    core(
      'multiproc_executor.py:153',
      'DP group leader: node_rank=0, node_rank_within_dp=0, master_addr=127.0.0.1, mq_connect_ip=127.0.0.1 (local), world_size=1, local_world_size=1',
    ),
    core('ompmultiprocessing.py:185', openMp.join('\n')),
  ];
}

function workerUp({ model }: StartupOptions): LogLine[] {
  return [
    record(
      'VllmWorker-0',
      'WARNING',
      'vllm.py:725',
      'Model Runner V2 requires Triton; using the V1 model runner instead.',
    ),
    worker(
      'parallel_state.py:1906',
      'world_size=1 rank=0 local_rank=0 distributed_init_method=file:///tmp/vllm_dist_simulated backend=gloo',
    ),
    worker(
      'parallel_state.py:2350',
      'rank 0 in world size 1 is assigned as DP rank 0, PP rank 0, PCP rank 0, TP rank 0, ETP rank 0, EP rank N/A, EPLB rank N/A',
    ),
    worker('cpu_model_runner.py:68', `Starting to load model ${model}...`),
    worker('base_loader.py:82', 'Initializing model took 0.231230 seconds'),
    worker(
      'weight_utils.py:1108',
      'Filesystem type for checkpoints: EXT4. Checkpoint size: 0.00 GiB. Available RAM: 14.51 GiB.',
    ),
  ];
}

/** Loading the weights takes half of the start. */
function shardSteps({ shards, totalMs }: StartupOptions): StartStep[] {
  if (shards === 0) return [];
  return Array.from({ length: shards + 1 }, (_, done) => {
    const seconds = (totalMs * 0.5 * done) / shards / 1000;
    const line = err(shardLine({ done, shards, seconds }));
    return { phase: 'loading', at: 0.35 + (0.5 * done) / shards, lines: [line] };
  });
}

function loaded({ totalMs, shards }: StartupOptions): LogLine[] {
  const weights = shards === 0 ? [] : [`Loading weights took ${((totalMs * 0.5) / 1000).toFixed(2)} seconds`];
  return [
    ...weights.map((text) => worker('default_loader.py:501', text)),
    core('utils.py:347', 'Using LBHNC KV cache layout.'),
    worker('cpu_worker.py:260', 'Explicitly set (1.0/18.96) GiB for KV cache on node 0.'),
  ];
}

function kvCacheSize({ kvCapacity, maxModelLen }: StartupOptions): LogLine {
  const capacity = kvCapacity.toLocaleString('en-US');
  const length = maxModelLen.toLocaleString('en-US');
  const concurrency = (kvCapacity / maxModelLen).toFixed(2);
  const text = `CPU KV cache size: ${capacity} tokens, Maximum concurrency for ${length} tokens per request: ${concurrency}x`;
  return core('kv_cache_utils.py:2327', text);
}

/** Not recorded, because every recorded start was eager: the texts are from vllm/compilation/monitor.py. */
function compileSteps({ enforceEager, totalMs }: StartupOptions): StartStep[] {
  if (enforceEager) return [];
  const took = ((totalMs * 0.08) / 1000).toFixed(2);
  return [
    { phase: 'loading', at: 0.87, lines: [worker('backends.py:1021', `Dynamo bytecode transform time: ${took} s`)] },
    { phase: 'loading', at: 0.95, lines: [worker('monitor.py:53', `torch.compile took ${took} s in total`)] },
  ];
}

function initialized({ totalMs }: StartupOptions): LogLine[] {
  const took = ((totalMs * 0.1) / 1000).toFixed(2);
  return [
    core('core.py:402', `init engine (profile, create kv cache, warmup model) took ${took} s`),
    api('entry.py:136', "Supported tasks: ['generate']"),
    api(
      'factories.py:89',
      'Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.',
    ),
    api(
      'hf.py:648',
      "Detected the chat template content format to be 'string'. You can set `--chat-template-content-format` to override this.",
    ),
  ];
}

function serving({ listen, offer }: StartupOptions): LogLine[] {
  const routes = routesOf(offer).flatMap(({ path, methods }) =>
    methods.map((method) => api('launcher.py:195', `Route: ${path}, Methods: ${method}`)),
  );
  return [
    api('entry.py:140', `Starting vLLM server on ${listen}`),
    api('launcher.py:186', 'Available routes are:'),
    ...routes,
    err('INFO:     Started server process [{pid}]'),
    err('INFO:     Waiting for application startup.'),
  ];
}
