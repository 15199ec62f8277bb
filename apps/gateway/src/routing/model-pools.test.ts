import { expect, it } from 'vitest';

import { poolsOf } from './model-pools.ts';
import type { OfferedModel } from './offer.ts';

it('Models that share a deployment, directly or through others, are one pool', () => {
  const model = (id: string, ...deployments: string[]): [string, OfferedModel] => [
    id,
    { id, deployments, state: { status: 'ready' }, offers: [], createdMs: 0 },
  ];
  const table = new Map([
    model('qwen', 'q2', 'q1'),
    model('q1', 'q1'),
    model('q2', 'q2'),
    model('adapter', 'q2', 'q3'),
    model('llama', 'l'),
  ]);
  expect([...poolsOf(table)]).toEqual([
    ['qwen', 'q1'],
    ['q1', 'q1'],
    ['q2', 'q1'],
    ['adapter', 'q1'],
    ['llama', 'l'],
  ]);
});
