// The server faults in force, and the effect of each on the next request.

import type { ServerFault } from '../faults.ts';

export type RequestFault =
  | { kind: 'none' }
  | { kind: 'status'; status: number }
  | { kind: 'halt'; how: 'cut' | 'stall'; token: number };

type CountedFault = Exclude<ServerFault, { name: 'hang' }>;

export class FaultBox {
  #faults: CountedFault[] = [];

  add(fault: CountedFault): void {
    this.#faults.push({ ...fault });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The oldest fault that is not used up takes this request. */
  take(): RequestFault {
    const fault = this.#faults.find(({ times }) => times > 0);
    if (!fault) return { kind: 'none' };
    fault.times -= 1;
    if (fault.name === 'status') return { kind: 'status', status: fault.status };
    return { kind: 'halt', how: fault.name, token: fault.token };
  }
}
