// The error codes for a wrong configuration or a wrong setting on the command line.

export type ConfigErrorCode =
  | 'usage'
  | 'config_invalid'
  | 'config_unreadable'
  | 'config_unwritable'
  | 'cluster_unknown';
