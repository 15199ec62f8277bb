import { randomUUID } from 'node:crypto';

import { expect, it } from 'vitest';

import { createRequestId } from './create-request-id.ts';

it('The ids of requests are UUIDs of version 7, in the order of their time', () => {
  const ids = [0, 1, 255, 1_790_000_000_000, 1_790_000_000_001].map((nowMs) => createRequestId(nowMs, randomUUID()));
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids);
});
