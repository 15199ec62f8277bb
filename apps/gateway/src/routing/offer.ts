// What the gateway knows of an instance that it may send requests to, and of the models that members can ask for. Facts.

import type { Secret } from '@fairlead/kit';
import type { EndpointAddress, EndToEnd, InstanceState } from '@fairlead/protocol';

/** Where an instance is reached: by a carrier of the gateway's own session, at a socket that another account of this host has published, or at a URL. */
export type OfferPlace =
  | { kind: 'carrier'; address: EndpointAddress }
  | { kind: 'published'; publisher: string; socket: string; uid: number }
  | { kind: 'upstream'; upstream: string; url: string };

export interface Offer {
  deployment: string;
  instanceId: string;
  generation: number;
  place: OfferPlace;
  /** Absent: SSH alone encrypts. */
  endToEnd?: EndToEnd;
  apiKey: Secret;
  /** What the engine takes as `model`. */
  servedModel: string;
  /** Requests at a time; absent: as learnt. */
  capacity?: number;
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
