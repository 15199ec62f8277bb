// The simulated engine as a server in this process: for tests, for the bench, and for the command.

import { randomBytes } from 'node:crypto';
import type { Secret } from '@fairlead/kit';
import type { Listeners } from '@fairlead/kit';
import { EngineCore } from './engine/engine-core.ts';
import { defaultLimits, type EngineLimits, type EngineRequest, type EngineStats } from './engine/engine-request.ts';
import { createMetrics } from './engine/metrics.ts';
import { Vocabulary } from './engine/vocabulary.ts';
import type { Fault, ProcessFault } from './faults.ts';
import type { AccessEntry } from './log/access-line.ts';
import { type Adapter, Adapters } from './server/adapters.ts';
import { FaultBox } from './server/fault-box.ts';
import { FaultControl } from './server/fault-control.ts';
import { createHttpServer, type HttpServer } from './server/http-server.ts';
import { listenOn, type ListenAddress, reserveAddress } from './server/listener.ts';
import type { Offer } from './wire/routes.ts';

export interface EngineSimOptions {
  listen: ListenAddress;
  /** Default `['sim']`. Answers echo the first one. */
  modelNames?: readonly string[];
  /** `root` in the model list. Default: the first name. */
  modelPath?: string;
  /** Default 8192. */
  maxModelLen?: number;
  /** Without keys the server answers every request. */
  apiKeys?: readonly Secret[];
  seed?: number;
  prefillMs?: number;
  decodeMs?: number;
  /** Whether `/sim/fault` and `/sim/stats` exist. */
  admin?: boolean;
  /** Whether `/load` counts requests. */
  loadTracking?: boolean;
  requestIds?: boolean;
  faults?: readonly (Fault | string)[];
  /** Default: 1024 sequences, 2,097,152 tokens, no limit of the queue. */
  limits?: Partial<EngineLimits>;
  /** Whether `tool_choice` auto (the default where there are tools) may call one. Default true. */
  autoTools?: boolean;
  /** `auto` (the default) generates, embeds and compares; vLLM does only one of the two. */
  runner?: Runner;
  /** `--convert`: what a pooling model does. Default: it embeds. */
  convert?: Convert;
  /** Whether it writes down speech, and does nothing else. vLLM decides that by the model: Whisper. */
  transcribes?: boolean;
  lora?: LoraOptions;
  onAccess?: (entry: AccessEntry) => void;
  onProduced?: (request: EngineRequest, tokens: number) => void;
  /** Set by a caller that has reserved the address with `reserveAddress`. */
  reserved?: boolean;
}

export type Runner = 'auto' | 'generate' | 'pooling';
export type Convert = 'embed' | 'classify';

export interface LoraOptions {
  /** `--enable-lora`. */
  enabled?: boolean;
  /** VLLM_ALLOW_RUNTIME_LORA_UPDATING: whether the routes that load and unload adapters exist. */
  updates?: boolean;
  /** Default 16. */
  maxRank?: number;
  adapters?: readonly Adapter[];
}

export interface SimStats extends EngineStats {
  /** The true number of requests in flight, also while the engine is frozen. */
  inFlight: number;
  /** Open connections. */
  connections: number;
}

export interface EngineSim extends AsyncDisposable {
  readonly address: ListenAddress;
  readonly faultOrdered: Listeners<ProcessFault>;
  /** Sets a fault, or a text as for `--sim-fault`. Throws if the fault is unknown, or if it needs a process and there is none. */
  setFault(fault: Fault | string): void;
  /** Ends every fault that can end; a hung engine continues. */
  clearFaults(): void;
  stats(): SimStats;
  /** Begins the drain: new generating requests get 500 `cannot schedule new futures after shutdown`. */
  drain(): void;
  /** Resolves when no request is in flight. */
  idle(signal?: AbortSignal): Promise<void>;
  /** Ends the engine: requests in flight fail or, with `silently`, are never answered. */
  killEngine(how?: 'aloud' | 'silently'): void;
  /** Stops listening; resolves when the last connection that is not idle has closed. */
  closeListener(): Promise<void>;
}

export const defaultMaxModelLen = 8192;

export function offerOf(options: Pick<EngineSimOptions, 'runner' | 'convert' | 'transcribes' | 'lora'>): Offer {
  const { runner = 'auto', convert = 'embed', transcribes = false, lora } = options;
  const adapterUpdates = lora?.updates ?? false;
  if (transcribes) return { generate: false, embed: false, score: false, transcribe: true, adapterUpdates };
  const none = {
    generate: runner !== 'pooling',
    embed: false,
    score: false,
    transcribe: false,
    adapterUpdates,
  } as const;
  if (runner === 'generate') return none;
  if (runner === 'pooling' && convert === 'classify') return { ...none, score: 'pairs' };
  return { ...none, embed: true, score: 'vectors' };
}

/** Resolves when the server listens. The caller disposes it, which destroys every connection; as with vLLM, the file of a unix socket stays. */
export async function openEngineSim(options: EngineSimOptions): Promise<EngineSim> {
  const address = options.reserved ? options.listen : await reserveAddress(options.listen);
  let draining = false;
  const { engine, control, server } = assemble(options, () => draining);
  await listenOn(server.http, address);
  for (const fault of options.faults ?? []) control.set(fault);
  return {
    address,
    faultOrdered: control.ordered,
    setFault: (fault) => control.set(fault),
    clearFaults: () => control.clear(),
    stats: () => statsOf(engine, server),
    drain: () => {
      draining = true;
    },
    idle: (signal) => engine.idle(signal),
    killEngine: (how = 'aloud') => (how === 'aloud' ? engine.die() : engine.dieSilently()),
    closeListener: () => server.close(),
    async [Symbol.asyncDispose]() {
      control[Symbol.dispose]();
      engine.dieSilently();
      server.http.closeAllConnections();
      await server.close();
    },
  };
}

function assemble(options: EngineSimOptions, draining: () => boolean) {
  const { modelNames, maxModelLen = defaultMaxModelLen, admin = false } = options;
  const names = modelNames?.length ? modelNames : ['sim'];
  const [first = ''] = names;
  const adapters = openAdapters(names, options.lora);
  const limits = { ...defaultLimits, ...options.limits };
  const { kvCapacity } = limits;
  const metrics = createMetrics({ modelName: first, maxModelLen, kvCapacity, stats: () => engine.stats() });
  const observer = options.onProduced ? { ...metrics, produced: options.onProduced } : metrics;
  const engine = new EngineCore(observer, limits);
  const faults = new FaultBox();
  const control = new FaultControl(engine, faults);
  const model = {
    names,
    maxModelLen,
    root: options.modelPath ?? first,
    adapters: () => adapters.all.map(({ name }) => name),
    autoTools: options.autoTools ?? true,
  };
  const { seed = 0, prefillMs = 0, decodeMs = 0 } = options;
  const createId = () => randomBytes(8).toString('hex');
  const generate = {
    engine,
    model,
    vocabulary: new Vocabulary(),
    faults,
    seed,
    prefillMs,
    decodeMs,
    createId,
    draining,
  };
  const server: HttpServer = createHttpServer({
    generate,
    model,
    adapters,
    offer: offerOf(options),
    metrics,
    apiKeys: options.apiKeys ?? [],
    admin: admin ? adminDeps(control, () => statsOf(engine, server)) : undefined,
    loadTracking: options.loadTracking ?? false,
    requestIds: options.requestIds ?? false,
    onAccess: options.onAccess ?? (() => {}),
  });
  return { engine, control, server };
}

function statsOf(engine: EngineCore, server: HttpServer): SimStats {
  return { ...engine.stats(), inFlight: engine.inFlight, connections: server.connections };
}

function adminDeps(control: FaultControl, stats: () => unknown) {
  return { setFault: (fault: string) => control.set(fault), clearFaults: () => control.clear(), stats };
}

function openAdapters(baseNames: readonly string[], lora: LoraOptions = {}): Adapters {
  const { enabled = false, maxRank = defaultMaxRank, adapters: initial = [] } = lora;
  return new Adapters({ baseNames, enabled, maxRank, initial });
}

/** vLLM's own default. */
const defaultMaxRank = 16;
