import { describe, expect, it } from 'vitest';

import { decodeText, decodeValue, encodeText } from './codec.ts';
import { createDeployment } from './api.ts';
import { agentMessage } from './agent-link.ts';
import { instanceReported } from './agent-link.ts';

describe('Decoding', () => {
  it('names the path of the offending field', () => {
    const wrong = { name: 'a', model: '', servedModel: 'm', engine: 'sim', cluster: 'c', jobDir: '/x' };
    expect(decodeValue(createDeployment, wrong)).toMatchObject({ ok: false, path: 'model' });
  });

  it('names the field within a union, not the union', () => {
    const wrong = {
      type: 'instance.reported',
      state: { status: 'draining', untilMs: 'soon' },
      models: [],
      gpus: [],
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

describe('Encoding', () => {
  it('leaves out what the schema does not name', () => {
    const value = {
      type: 'instance.reported' as const,
      state: { status: 'ready' as const, secret: 'x' },
      models: [],
      gpus: [],
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
