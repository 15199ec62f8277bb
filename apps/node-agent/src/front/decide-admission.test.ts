import { Secret } from '@fairlead/kit';
import { describe, expect, test } from 'vitest';
import { findEngineKind } from '@fairlead/engines';
import { createRouteTable, HeadParser, interpretHead } from '@fairlead/openai-wire';
import { type AdmissionFacts, decideAdmission } from './decide-admission.ts';
import { frontLimits } from './front-limits.ts';

describe('decideAdmission', () => {
  const facts = {
    mode: 'serving' as const,
    retryAfterSeconds: 7,
    apiKey: new Secret('k'),
    engineAddress: { path: '/engine.sock' },
    routes: createRouteTable(findEngineKind('vllm').routes),
    bodyBytes: 10,
  };
  function decide(text: string, changes: Partial<AdmissionFacts> = {}) {
    const step = new HeadParser(frontLimits).push(Buffer.from(`${text}\r\nHost: a\r\n\r\n`));
    if (step.kind !== 'head') throw new Error('not a head');
    const interpreted = interpretHead(step.head);
    if (!interpreted.ok) throw new Error('refused early');
    const admission = decideAdmission(step.head, interpreted.value, { ...facts, ...changes });
    return admission.ok ? admission.route.path : [admission.refusal.code, admission.refusal.retryAfterSeconds];
  }
  const keyField = '\r\nx-api-key: k';

  test('admits a listed route with the right key', () => {
    expect(decide(`GET /v1/models HTTP/1.1${keyField}`)).toBe('/v1/models');
    expect(decide(`POST /v1/completions HTTP/1.1${keyField}\r\nContent-Length: 10`)).toBe('/v1/completions');
  });

  test.each(['', 'K', 'kk', 'k,k', '***', ' '])('refuses the key %j', (key) => {
    expect(decide(`GET /v1/models HTTP/1.1\r\nx-api-key: ${key}`)).toEqual(['unauthorized', undefined]);
  });

  test('tells nothing about routes, sizes and state without the key', () => {
    for (const changes of [
      { mode: 'draining' as const },
      { mode: 'starting' as const },
      { engineAddress: undefined },
    ]) {
      expect(decide('GET /invocations HTTP/1.1\r\nContent-Length: 99', changes)).toEqual(['unauthorized', undefined]);
    }
  });

  test('refuses by route, size and state, in this order', () => {
    const draining = { mode: 'draining' as const };
    expect(decide(`POST /invocations HTTP/1.1${keyField}`, draining)).toEqual(['route_refused', undefined]);
    expect(decide(`GET /v1/completions HTTP/1.1${keyField}`, draining)).toEqual(['method_refused', undefined]);
    const large = `POST /v1/completions HTTP/1.1${keyField}\r\nContent-Length: 11`;
    expect(decide(large, draining)).toEqual(['payload_too_large', undefined]);
    expect(decide(`GET /v1/models HTTP/1.1${keyField}`, draining)).toEqual(['draining', 7]);
    expect(decide(`GET /v1/models HTTP/1.1${keyField}`, { mode: 'starting' })).toEqual(['not_ready', 7]);
    expect(decide(`GET /v1/models HTTP/1.1${keyField}`, { engineAddress: undefined })).toEqual(['not_ready', 7]);
  });

  test('admits a page beside the engine in every phase, by path and key alone', () => {
    const dashboard = { address: { host: '127.0.0.1' as const, port: 1 }, lines: Buffer.from('') };
    for (const mode of ['starting', 'serving', 'draining'] as const)
      expect(decide(`DELETE /fairlead/dashboard/api/jobs HTTP/1.1${keyField}`, { mode, dashboard })).toBe(
        '/fairlead/dashboard',
      );
    expect(decide('GET /fairlead/dashboard HTTP/1.1', { dashboard })).toEqual(['unauthorized', undefined]);
    expect(decide(`GET /fairlead/dashboards HTTP/1.1${keyField}`, { dashboard })).toEqual(['route_refused', undefined]);
    expect(decide(`GET /fairlead/dashboard HTTP/1.1${keyField}`)).toEqual(['route_refused', undefined]);
  });
});
