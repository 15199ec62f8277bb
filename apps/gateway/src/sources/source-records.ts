// Where offers come from beside the gateway's own deployments. Facts.

import type { Secret } from '@fairlead/kit';

/** An owner of the same host who may publish deployments here. */
export interface PublisherRecord {
  name: string;
  /** The account to which their sockets belong. */
  uid: number;
  /** SHA-256 of the token, in hex. */
  hash: string;
  createdMs: number;
}

/** An OpenAI-compatible server that is reached by a URL. */
export interface UpstreamRecord {
  name: string;
  /** With the path that stands for `/v1`. Without a slash at its end. */
  url: string;
  apiKey: Secret;
  /** What members ask for, and what the server takes as `model`; undefined: all that it lists. */
  models: Readonly<Record<string, string>> | undefined;
  /** Requests at a time; undefined: as learnt. */
  concurrent: number | undefined;
  createdMs: number;
}
