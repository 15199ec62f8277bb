// Performs one effect of an instance's step, except an order: the registry gives an order once the step is on disk.

import type { HeldEffect } from '../domain/held-instance.ts';
import type { Leases } from '../domain/leases.ts';
import type { HeldLink } from '../domain/presence.ts';
import type { Write } from '../store/store.ts';
import type { Entry } from './entry.ts';
import type { HistoryShare } from './history-share.ts';

export interface EffectTargets {
  leases: Leases;
  history: HistoryShare;
  /** The agent's connection before the step. */
  link: HeldLink | undefined;
  /** The effect appends what is to be stored. */
  writes: Write[];
  monotonicMs: number;
}

export function performEffect(entry: Entry, effect: HeldEffect, targets: EffectTargets): void {
  const { leases, history, link, writes, monotonicMs } = targets;
  switch (effect.type) {
    case 'history.add':
      writes.push(history.write(entry, effect.kind, effect.message));
      return;
    case 'link.fence':
      link?.fence();
      return;
    case 'link.drop':
      link?.drop();
      return;
    case 'lease.renew':
      leases.renew(entry.instance.id, monotonicMs);
      return;
    case 'lease.end':
      leases.end(entry.instance.id);
      return;
    case 'order.give':
      return;
  }
}
