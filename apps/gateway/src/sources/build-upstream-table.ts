// From upstreams and what they list to the names that members can ask for: the name alone where no other has it, else `site/name`. Pure.

import { addToTable } from '../routing/add-to-table.ts';
import type { ModelTable, Offer, OfferedModel } from '../routing/offer.ts';
import type { UpstreamRecord } from './source-records.ts';

export interface HeldUpstream {
  record: UpstreamRecord;
  /** What the server listed last. */
  listed: readonly string[];
}

/** The first upstream that has a name gets it, of those whose names are not taken elsewhere. */
export function buildUpstreamTable(upstreams: Iterable<HeldUpstream>, isTaken: (name: string) => boolean): ModelTable {
  const table = new Map<string, OfferedModel>();
  for (const { record, listed } of upstreams) {
    const names = record.models ?? Object.fromEntries(listed.map((id) => [id, id]));
    for (const [name, servedModel] of Object.entries(names)) {
      const id = isTaken(name) || table.has(name) ? `${record.name}/${name}` : name;
      addToTable(table, {
        id,
        // All of a server compete for it, and a key may be for all of them.
        deployments: [`${record.name}/*`],
        state: { status: 'ready' },
        offers: [offerOf(record, servedModel)],
        createdMs: record.createdMs,
      });
    }
  }
  return table;
}

function offerOf({ name: upstream, url, apiKey, concurrent }: UpstreamRecord, servedModel: string): Offer {
  return {
    deployment: upstream,
    instanceId: `${upstream}:upstream`,
    generation: 1,
    place: { kind: 'upstream', upstream, url },
    apiKey,
    servedModel,
    ...(concurrent !== undefined && { capacity: concurrent }),
  };
}
