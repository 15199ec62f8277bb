// The simulated engine as a server in this process: for tests, the bench, and the process around it.

import { randomBytes } from 'node:crypto';
import type { Secret } from '@fairlead/kit';
import { Listeners } from '@fairlead/kit';
import { EngineCore } from './engine/engine-core.ts';
import { defaultLimits, type EngineLimits, type EngineStats } from './engine/engine-request.ts';
import { createMetrics } from './engine/metrics.ts';
import { Vocabulary } from './engine/vocabulary.ts';
import { type Fault, isServerFault, parseFault, type ProcessFault } from './faults.ts';
import type { Answered } from './log/access-line.ts';
import { type Adapter, Adapters } from './server/adapters.ts';
import { FaultBox } from './server/fault-box.ts';
import { createHttpServer } from './server/http-server.ts';
import { listenOn, type ListenAddress, reserveAddress } from './server/listener.ts';
import { SimError } from './server/sim-error.ts';
import type { Offer } from './wire/routes.ts';

export interface EngineSimOptions {
  listen: ListenAddress;
  /** Default `['sim']`; the first one is echoed. */
  modelNames?: readonly string[];
  /** `root` in the model list. Default: the first name. */
  modelPath?: string;
  /** Default 8192. */
  maxModelLen?: number;
  /** Without a key everybody is served. */
  apiKeys?: readonly Secret[];
  seed?: number;
  prefillMs?: number;
  decodeMs?: number;
  /** Whether `/sim/fault` and `/sim/stats` exist. */
  admin?: boolean;
  /** Whether `/load` counts. */
  loadTracking?: boolean;
  requestIds?: boolean;
  faults?: readonly (Fault | string)[];
  /** How much it holds at a time. Default: 1024 sequences, 2,097,152 tokens, any queue. */
  limits?: Partial<EngineLimits>;
  /** Whether `tool_choice` auto (the default where there are tools) may call one. Default true. */
  autoTools?: boolean;
  /** `auto` (the default) generates and embeds; vLLM knows only one of both at a time. */
  runner?: Runner;
  lora?: LoraOptions;
  onAccess?: (entry: Answered) => void;
  /** Set by who has taken the address already with `reserveAddress`. */
  reserved?: boolean;
}

export type Runner = 'auto' | 'generate' | 'pooling';

export interface LoraOptions {
  /** `--enable-lora`. */
  enabled?: boolean;
  /** VLLM_ALLOW_RUNTIME_LORA_UPDATING: whether the routes that load and unload exist. */
  updates?: boolean;
  /** Default 16. */
  maxRank?: number;
  adapters?: readonly Adapter[];
}

export interface SimStats extends EngineStats {
  /** Requests in flight as they are, also while the engine is frozen. */
  inFlight: number;
  /** Open connections. */
  connections: number;
}

export interface EngineSim extends AsyncDisposable {
  readonly address: ListenAddress;
  readonly faultOrdered: Listeners<ProcessFault>;
  /** A fault, or its text as for `--sim-fault`. Throws when it is unknown, or needs a process and there is none. */
  setFault(fault: Fault | string): void;
  /** Ends every fault that can end; a hung engine goes on. */
  clearFaults(): void;
  stats(): SimStats;
  /** From now on generating requests get 500 `cannot schedule new futures after shutdown`. */
  drain(): void;
  /** Resolves when no request is in flight. */
  idle(signal?: AbortSignal): Promise<void>;
  /** Requests in flight fail, or (`silently`) are never answered. */
  killEngine(how?: 'aloud' | 'silently'): void;
  /** Stops listening; resolves when the last connection that is not idle has closed. */
  closeListener(): Promise<void>;
}

export const defaultMaxModelLen = 8192;

export function offerOf({ runner = 'auto', lora }: Pick<EngineSimOptions, 'runner' | 'lora'>): Offer {
  const adapterUpdates = lora?.updates ?? false;
  return { generate: runner !== 'pooling', embed: runner !== 'generate', adapterUpdates };
}

/** Resolves when it listens. Disposing destroys every connection; the file of a unix socket stays, as with vLLM. */
export async function openEngineSim(options: EngineSimOptions): Promise<EngineSim> {
  const address = options.reserved ? options.listen : await reserveAddress(options.listen);
  const names = options.modelNames?.length ? options.modelNames : ['sim'];
  const adapters = openAdapters(names, options.lora);
  const limits = { ...defaultLimits, ...options.limits };
  const model = {
    names,
    adapters: () => adapters.all.map(({ name }) => name),
    autoTools: options.autoTools ?? true,
    maxModelLen: options.maxModelLen ?? defaultMaxModelLen,
    root: options.modelPath ?? names[0] ?? '',
  };
  const metrics = createMetrics({
    modelName: names[0] ?? '',
    maxModelLen: model.maxModelLen,
    kvCapacity: limits.kvCapacity,
    stats: () => engine.stats(),
  });
  const engine = new EngineCore(metrics, limits);
  const faults = new FaultBox();
  const faultOrdered = new Listeners<ProcessFault>();
  const hangTimers = new Set<NodeJS.Timeout>();
  let draining = false;

  const setFault = (wanted: Fault | string) => {
    const fault = readFault(wanted);
    if (!isServerFault(fault)) orderOfProcess(faultOrdered, fault);
    else if (fault.name !== 'hang') faults.add(fault);
    else if (fault.afterMs === 0) engine.freeze();
    else hangTimers.add(setTimeout(() => engine.freeze(), fault.afterMs));
  };
  const clearFaults = () => {
    faults.clear();
    for (const timer of hangTimers) clearTimeout(timer);
    engine.thaw();
  };
  const server = createHttpServer({
    generate: {
      engine,
      model,
      vocabulary: new Vocabulary(),
      faults,
      seed: options.seed ?? 0,
      prefillMs: options.prefillMs ?? 0,
      decodeMs: options.decodeMs ?? 0,
      createId: () => randomBytes(8).toString('hex'),
      draining: () => draining,
    },
    model,
    adapters,
    offer: offerOf(options),
    metrics,
    apiKeys: options.apiKeys ?? [],
    admin: options.admin ? { setFault, clearFaults, stats: () => stats() } : undefined,
    loadTracking: options.loadTracking ?? false,
    requestIds: options.requestIds ?? false,
    onAccess: options.onAccess ?? (() => {}),
  });
  const stats = (): SimStats => ({ ...engine.stats(), inFlight: engine.inFlight, connections: server.connections });
  await listenOn(server.http, address);
  for (const fault of options.faults ?? []) setFault(fault);
  return {
    address,
    faultOrdered,
    setFault,
    clearFaults,
    stats,
    drain: () => {
      draining = true;
    },
    idle: (signal) => engine.idle(signal),
    killEngine: (how = 'aloud') => (how === 'aloud' ? engine.die() : engine.dieSilently()),
    closeListener: () => server.close(),
    async [Symbol.asyncDispose]() {
      for (const timer of hangTimers) clearTimeout(timer);
      engine.dieSilently();
      server.http.closeAllConnections();
      await server.close();
    },
  };
}

function openAdapters(baseNames: readonly string[], lora: LoraOptions = {}): Adapters {
  const { enabled = false, maxRank = defaultMaxRank, adapters: initial = [] } = lora;
  return new Adapters({ baseNames, enabled, maxRank, initial });
}

/** vLLM's own. */
const defaultMaxRank = 16;

function readFault(wanted: Fault | string): Fault {
  if (typeof wanted !== 'string') return wanted;
  const parsed = parseFault(wanted);
  if (parsed.ok) return parsed.fault;
  throw new SimError('sim.fault_invalid', `cannot set the fault because of its name or argument: ${parsed.reason}`);
}

function orderOfProcess(faultOrdered: Listeners<ProcessFault>, fault: ProcessFault): void {
  if (faultOrdered.size === 0)
    throw new SimError(
      'sim.fault_needs_process',
      `cannot set the fault '${fault.name}' because this engine has no process of its own`,
    );
  faultOrdered.emit(fault);
}
