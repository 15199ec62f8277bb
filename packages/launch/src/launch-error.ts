// The codes of what can keep a model from being deployed, followed or ended.

import type { ConfigErrorCode } from '@fairlead/config';
import type { EngineErrorCode } from '@fairlead/engines';

export type LaunchErrorCode =
  | ConfigErrorCode
  | EngineErrorCode
  | 'preset_unknown'
  | 'node_missing'
  | 'bundle_failed'
  | 'remote_unfit'
  | 'submit_refused'
  | 'deploy_failed';
