// The codes with which the gateway's commands fail.

export type GatewayErrorCode =
  | 'team_unknown'
  | 'member_unknown'
  | 'member_exists'
  | 'key_unknown'
  | 'key_scope'
  | 'source_exists'
  | 'source_unknown'
  | 'source_invalid'
  | 'invite_mistyped'
  | 'invite_unknown'
  | 'invite_used'
  | 'invite_expired'
  | 'gateway_url_unknown'
  | 'url_invalid'
  | 'account_invalid'
  | 'gateway_store_failed'
  | 'gateway_store_newer'
  | 'gateway_already_serves'
  | 'gateway_not_serving'
  | 'gateway_listen_failed';
