// The codes of what can keep a model from being deployed, followed or ended.

import type { ConfigErrorCode } from '@fairlead/config';

export type LaunchErrorCode =
  | ConfigErrorCode
  | 'preset_unknown'
  | 'node_missing'
  | 'bundle_failed'
  | 'remote_unfit'
  | 'submit_refused'
  | 'deploy_failed'
  | 'stop_failed'
  | 'logs_unavailable';
