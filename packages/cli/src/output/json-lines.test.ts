import { readFileSync } from 'node:fs';

import { Secret } from '@fairlead/kit';
import { decodeText, deploymentList } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { encodeJsonLine } from './json-lines.ts';

const golden = new URL('../../../protocol/golden/v2/api/deployment-list.json', import.meta.url);
const text = readFileSync(golden, 'utf8');
const decoded = decodeText(deploymentList, text);
const deployments = decoded.ok ? decoded.value.deployments : [];

describe('A line of --json', () => {
  it('holds no field that its schema does not name, at any depth', () => {
    const [deployment] = deployments;
    const instances = deployment!.instances.map((instance) => ({ ...instance, enrolmentHash: 'spread' }));
    const line = { event: 'deployments', ok: true, deployments: [{ ...deployment, instances }], session: 'spread' };
    expect(encodeJsonLine(line)).not.toContain('spread');
    expect(JSON.parse(encodeJsonLine(line))).toEqual({
      event: 'deployments',
      ok: true,
      ...(JSON.parse(text) as object),
    });
  });

  it('shows instances as a list', () => {
    const [deployment] = deployments;
    const line = encodeJsonLine({ event: 'deployment', ok: true, deployment, events: [] });
    expect(JSON.parse(line)).toMatchObject({
      deployment: { instances: [{ role: 'current' }, { role: 'successor' }] },
    });
  });

  it('without a schema is written as it is, and prints no secret', () => {
    expect(encodeJsonLine({ event: 'step', name: 'x', key: new Secret('k') })).toBe(
      '{"event":"step","name":"x","key":"***"}',
    );
    expect(encodeJsonLine({ ok: true })).toBe('{"ok":true}');
    expect(encodeJsonLine({ event: '__proto__' })).toBe('{"event":"__proto__"}');
  });

  it('that breaks its schema is refused', () => {
    expect(() => encodeJsonLine({ event: 'deployments', ok: true, deployments: 'none' })).toThrow(/array/);
  });
});
