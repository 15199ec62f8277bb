// Which model a key means by a name, and whether it may use it. Pure.

import type { Refusal } from '@fairlead/openai-wire';

import type { KeyRecord } from '../accounts/account-records.ts';
import type { ModelTable, OfferedModel } from '../routing/offer.ts';
import { modelUnknown } from './problems.ts';

export type FoundModel = { ok: true; model: OfferedModel } | { ok: false; refusal: Refusal };

export function findOfferedModel(models: ModelTable, key: Pick<KeyRecord, 'models'>, name: string): FoundModel {
  const model = models.get(name);
  if (model && mayUse(key, model)) return { ok: true, model };
  const known = [...models.values()].filter((one) => mayUse(key, one)).map(({ id }) => id);
  return { ok: false, refusal: modelUnknown(name, known) };
}

/** A key is for names of models or of deployments. */
export function mayUse({ models }: Pick<KeyRecord, 'models'>, { id, deployments }: OfferedModel): boolean {
  return models === undefined || models.includes(id) || deployments.some((name) => models.includes(name));
}
