// Unlinks parked sockets whose agents can no longer return to them. Performs what decideParked decides.

import type { Clock, Guard } from '@fairlead/kit';
import { parseSocketName } from '@fairlead/protocol';

import { decideParked, type SocketOwner } from '../domain/decide-socket.ts';
import type { RunDir } from './run-dir.ts';

export interface ParkedSocketsDeps {
  runDir: RunDir;
  clock: Clock;
  guard: Guard;
  leaseMs: number;
  ownerOf: (instanceId: string) => SocketOwner;
}

export class ParkedSockets {
  readonly #deps: ParkedSocketsDeps;
  /** When each name was first seen, in monotonic milliseconds. */
  readonly #seen = new Map<string, number>();

  constructor(deps: ParkedSocketsDeps) {
    this.#deps = deps;
  }

  /** Reviews every parked socket once. Rejects if the directory cannot be read. */
  async scan(): Promise<void> {
    const { clock, guard, leaseMs, ownerOf, runDir } = this.#deps;
    const names = new Set(await runDir.listParked());
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    const now = clock.monotonicMs();
    for (const name of names) {
      const parsed = parseSocketName(name);
      if (!parsed) continue;
      const seenMs = this.#seen.get(name) ?? now;
      this.#seen.set(name, seenMs);
      const facts = { generation: parsed.generation, owner: ownerOf(parsed.instanceId), ageMs: now - seenMs, leaseMs };
      if (decideParked(facts) === 'unlink') guard.run('parked.unlink', () => void runDir.unlinkParked(name));
    }
  }
}
