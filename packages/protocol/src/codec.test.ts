import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { decodeText, decodeValue, encodeText } from './codec.ts';
import { createDeployment } from './api.ts';
import { agentMessage, controlMessage, instanceReported } from './agent-link.ts';

describe('Decoding', () => {
  it('names the path of the offending field', () => {
    const wrong = { name: 'a', model: '', servedModel: 'm', engine: 'sim', cluster: 'c', jobDir: '/x' };
    expect(decodeValue(createDeployment, wrong)).toMatchObject({ ok: false, path: 'model' });
  });

  it('names the field within a union, not the union', () => {
    const wrong = {
      type: 'instance.reported',
      state: { status: 'draining', untilMs: 'soon' },
      servedModels: [],
      nodes: [],
      load: { inFlight: 0 },
    };
    expect(decodeValue(agentMessage, wrong)).toMatchObject({ ok: false, path: 'state.untilMs' });
  });

  it.each(['', '{', 'null', '[]', '7', '"x"', '{"type":"nobody.knows"}', '{"type":"__proto__"}'])(
    'refuses %j without throwing',
    (text) => {
      expect(decodeText(agentMessage, text).ok).toBe(false);
    },
  );
});

describe('A secret', () => {
  const text = JSON.stringify({
    type: 'control.welcome',
    protocol: 1,
    controlVersion: '1',
    instanceToken: 'fli_secret',
    leaseMs: 1,
    heartbeatMs: 1,
  });

  it('is decoded to a value that no print shows, and encoded unchanged', () => {
    const decoded = decodeText(controlMessage, text);
    expect(`${JSON.stringify(decoded)}${inspect(decoded, { depth: 9 })}`).not.toContain('fli_secret');
    expect(decoded.ok && encodeText(controlMessage, decoded.value)).toBe(text);
  });

  it('is not encoded from plain text, which a program may have printed', () => {
    expect(() => encodeText(controlMessage, JSON.parse(text))).toThrow(/Secret/);
  });
});

describe('Encoding', () => {
  it('leaves out what the schema does not name', () => {
    const value = {
      type: 'instance.reported' as const,
      state: { status: 'ready' as const, secret: 'x' },
      servedModels: [],
      nodes: [],
      load: { inFlight: 0 },
    };
    expect(encodeText(instanceReported, value)).not.toContain('secret');
  });

  it('throws on a value that breaks its own schema', () => {
    expect(() =>
      encodeText(createDeployment, {
        name: '../x',
        model: 'm',
        servedModel: 'm',
        engine: 'e',
        cluster: 'c',
        jobDir: '/x',
      }),
    ).toThrow(/letter/);
  });
});
