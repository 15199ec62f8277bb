// Sets and clears the faults of a running server. Passes those of a process on to the process, if there is one.

import { Listeners } from '@fairlead/kit';
import type { EngineCore } from '../engine/engine-core.ts';
import { type Fault, isServerFault, parseFault, type ProcessFault } from '../faults.ts';
import type { FaultBox } from './fault-box.ts';
import { SimError } from './sim-error.ts';

export class FaultControl implements Disposable {
  /** Called with each fault that needs a process. */
  readonly ordered = new Listeners<ProcessFault>();
  readonly #engine: EngineCore;
  readonly #box: FaultBox;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(engine: EngineCore, box: FaultBox) {
    this.#engine = engine;
    this.#box = box;
  }

  /** Sets a fault, or a text as for `--sim-fault`. */
  set(wanted: Fault | string): void {
    const fault = readFault(wanted);
    if (!isServerFault(fault)) this.#order(fault);
    else if (fault.name !== 'hang') this.#box.add(fault);
    else if (fault.afterMs === 0) this.#engine.freeze();
    else this.#timers.add(setTimeout(() => this.#engine.freeze(), fault.afterMs));
  }

  clear(): void {
    this.#box.clear();
    this[Symbol.dispose]();
    this.#engine.thaw();
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #order(fault: ProcessFault): void {
    if (this.ordered.size === 0)
      throw new SimError(
        'sim.fault_needs_process',
        `cannot set the fault '${fault.name}' because this engine has no process of its own`,
      );
    this.ordered.emit(fault);
  }
}

function readFault(wanted: Fault | string): Fault {
  if (typeof wanted !== 'string') return wanted;
  const parsed = parseFault(wanted);
  if (parsed.ok) return parsed.fault;
  throw new SimError('sim.fault_invalid', `cannot set the fault because of its name or argument: ${parsed.reason}`);
}
