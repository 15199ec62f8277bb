// The codes of what is wrong with the configuration or with a setting that was typed.

export type ConfigErrorCode =
  | 'usage'
  | 'config_invalid'
  | 'config_unreadable'
  | 'config_unwritable'
  | 'cluster_unknown';
