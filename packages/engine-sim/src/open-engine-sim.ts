// The simulated engine as a server in this process: for tests, the bench, and the process around it.

import { randomBytes } from 'node:crypto';
import type { Secret } from '@fairlead/kit';
import { Listeners } from '@fairlead/kit';
import { EngineCore, type EngineStats } from './engine/engine-core.ts';
import { createMetrics } from './engine/metrics.ts';
import { type Fault, isServerFault, parseFault, type ProcessFault } from './faults.ts';
import type { Answered } from './log/access-line.ts';
import { FaultBox } from './server/fault-box.ts';
import { createHttpServer } from './server/http-server.ts';
import { listenOn, type ListenAddress, reserveAddress } from './server/listener.ts';
import { SimError } from './server/sim-error.ts';

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
  onAccess?: (entry: Answered) => void;
  /** Set by who has taken the address already with `reserveAddress`. */
  reserved?: boolean;
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

/** KV cache of the recorded start: 1 GiB of a tiny model. */
export const kvCapacity = 2_097_152;

/** Resolves when it listens. Disposing destroys every connection; the file of a unix socket stays, as with vLLM. */
export async function openEngineSim(options: EngineSimOptions): Promise<EngineSim> {
  const address = options.reserved ? options.listen : await reserveAddress(options.listen);
  const names = options.modelNames?.length ? options.modelNames : ['sim'];
  const model = {
    names,
    maxModelLen: options.maxModelLen ?? defaultMaxModelLen,
    root: options.modelPath ?? names[0] ?? '',
  };
  const metrics = createMetrics({
    modelName: names[0] ?? '',
    maxModelLen: model.maxModelLen,
    kvCapacity,
    stats: () => engine.stats(),
  });
  const engine = new EngineCore(metrics);
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
      faults,
      seed: options.seed ?? 0,
      prefillMs: options.prefillMs ?? 0,
      decodeMs: options.decodeMs ?? 0,
      createId: () => randomBytes(8).toString('hex'),
      draining: () => draining,
    },
    model,
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
