// The codes of what can keep a model from being deployed, followed or ended.

import type { ConfigErrorCode } from '@fairlead/config';
import type { EngineSettingErrorCode } from '@fairlead/engines';

export type LaunchErrorCode =
  | ConfigErrorCode
  | EngineSettingErrorCode
  | 'preset_unknown'
  | 'image_missing'
  | 'does_not_fit'
  | 'engine_flag_missing'
  | 'node_missing'
  | 'bundle_failed'
  | 'remote_unfit'
  | 'submit_refused'
  | 'deploy_failed'
  | 'profile_mismatch'
  | 'stop_failed'
  | 'logs_unavailable'
  | 'model_unavailable'
  | 'hub_unreachable'
  | 'disk_full'
  | 'weights_incomplete'
  | 'prefetch_failed'
  | 'setup_failed';
