// What the gateway knows of an instance that it may send requests to, and of the models that members can ask for. Facts.

import type { Secret } from '@fairlead/kit';
import type { EndpointAddress, EndToEnd, InstanceState } from '@fairlead/protocol';

export interface Offer {
  deployment: string;
  instanceId: string;
  generation: number;
  address: EndpointAddress;
  /** Absent: SSH alone encrypts. */
  endToEnd?: EndToEnd;
  apiKey: Secret;
  /** What the engine takes as `model`. */
  servedModel: string;
}

/** A model under a name that members ask for. */
export interface OfferedModel {
  /** As clients name it. */
  id: string;
  /** The deployments that serve it. */
  deployments: readonly string[];
  /** Of the instance that is furthest: why there is no answer where there is no offer. */
  state: InstanceState;
  /** Empty while none can take requests. */
  offers: readonly Offer[];
  createdMs: number;
}

export type ModelTable = ReadonlyMap<string, OfferedModel>;
