// One model more in a table; where the name is known already, its instances join those that are there.

import { isServing } from '@fairlead/protocol';

import type { OfferedModel } from './offer.ts';

export function addToTable(table: Map<string, OfferedModel>, model: OfferedModel): void {
  const known = table.get(model.id);
  if (!known) return void table.set(model.id, model);
  table.set(model.id, {
    ...known,
    deployments: [...new Set([...known.deployments, ...model.deployments])],
    state: isServing(known.state) ? known.state : model.state,
    offers: [...known.offers, ...model.offers],
  });
}
