import { expect, it } from 'vitest';

import { decideRetry } from './decide-retry.ts';

it.each([
  ['host_key_changed', 'never'],
  ['socket_path_too_long', 'never'],
  ['forward_forbidden', 'never_at_first'],
  ['socket_exists', 'next_socket'],
  ['auth_failed', 'denied'],
  ['no_route', 'unanswered'],
  ['connection_lost', 'backoff'],
  ['gate_refused', 'backoff'],
  ['ECONNRESET', 'backoff'],
  ['constructor', 'backoff'],
])('decideRetry: after %s the next try is: %s', (code, retry) => {
  expect(decideRetry(code)).toBe(retry);
});
