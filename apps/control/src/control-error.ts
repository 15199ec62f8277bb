// Why control cannot start, or does not go on.

export type ControlErrorCode =
  | 'already_running'
  | 'foreign_owner'
  | 'not_initialised'
  | 'record_refused'
  | 'run_dir_unsafe'
  | 'socket_in_use'
  | 'store_corrupt'
  | 'store_newer'
  | 'store_failed'
  | 'store_unreadable'
  | 'tokens_unreadable'
  | 'store_locked';
