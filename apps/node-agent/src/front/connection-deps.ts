// What a connection needs of the front that holds it.

import type { Clock } from '@fairlead/kit';
import type { ApiRoute } from '@fairlead/openai-wire';
import type { AdmissionFacts } from './decide-admission.ts';
import type { EngineDialDeps } from './engine-connection.ts';
import type { FrontLimits } from './front-limits.ts';
import type { RequestTap } from './request-tap.ts';

export interface FrontConnectionDeps {
  limits: FrontLimits;
  clock: Clock;
  /** What every head to the engine ends with; see `engineFields`. */
  engineLines: Buffer;
  facts: () => AdmissionFacts;
  dial: EngineDialDeps;
  /** The engine gets the request: it is in flight until its connection has closed. */
  onAdmitted: (route: ApiRoute) => void;
  /** The engine has sent a piece of what it generates. */
  onGenerated: () => void;
  /** Undefined where nothing looks on. */
  tap: (() => RequestTap) | undefined;
  /** The engine could not be reached for a moment, and will be dialled again. */
  onDialRetry: () => void;
}
