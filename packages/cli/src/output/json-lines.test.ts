import { readFileSync } from 'node:fs';

import { decodeText, deploymentList } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';

import { encodeJsonLine } from './json-lines.ts';
import { type JsonLine, jsonLines } from './lines/json-line.ts';

const golden = new URL('../../../protocol/golden/v2/api/deployment-list.json', import.meta.url);
const text = readFileSync(golden, 'utf8');
const decoded = decodeText(deploymentList, text);
const deployments = decoded.ok ? decoded.value.deployments : [];
const [deployment] = deployments;

describe('A line of --json', () => {
  it('holds no field that its schema does not name, at any depth', () => {
    const instances = deployment!.instances.map((instance) => ({ ...instance, enrolmentHash: 'spread' }));
    const line = {
      event: 'deployments' as const,
      ok: true,
      deployments: [{ ...deployment!, instances }],
      session: 'spread',
    };
    expect(encodeJsonLine(line)).not.toContain('spread');
    expect(JSON.parse(encodeJsonLine(line))).toEqual({
      event: 'deployments',
      ok: true,
      ...(JSON.parse(text) as object),
    });
  });

  it.each(Object.keys(jsonLines) as Array<keyof typeof jsonLines>)(
    'of the kind %s lets no extra field pass',
    (name) => {
      expect(openPlaces(jsonLines[name])).toEqual(openKinds[name] ?? []);
    },
  );

  it('shows instances as a list', () => {
    const line = encodeJsonLine({ event: 'deployment', ok: true, deployment: deployment!, events: [] });
    expect(JSON.parse(line)).toMatchObject({
      deployment: { instances: [{ role: 'current' }, { role: 'successor' }] },
    });
  });

  it('has null where a partition has no time limit', () => {
    const partition = {
      name: 'gpu',
      isDefault: true,
      isUp: true,
      nodes: 1,
      usableNodes: 1,
      gpus: [],
      maxCpus: 1,
      maxMemoryMb: 1,
      features: [],
    };
    const line = encodeJsonLine({
      event: 'site.found',
      partitions: [{ ...partition, maxMinutes: Infinity, defaultMinutes: 60 }],
      engines: [],
    });
    expect(JSON.parse(line)).toMatchObject({ partitions: [{ maxMinutes: null, defaultMinutes: 60 }] });
  });

  it('that breaks its schema is refused', () => {
    const line = { event: 'deployments', ok: true, deployments: 'none' } as unknown as JsonLine;
    expect(() => encodeJsonLine(line)).toThrow(/array/);
  });

  it('without a schema is refused', () => {
    const line = { event: '__proto__' } as unknown as JsonLine;
    expect(() => encodeJsonLine(line)).toThrow(/no schema/);
  });
});

/** The places where a kind lets through what others write: a user's settings, those of an engine, an engine's counts, the address of a carrier that this program lacks. */
const openKinds: Partial<Record<keyof typeof jsonLines, string[]>> = {
  config: ['config'],
  'config.schema': ['schema.*'],
  answer: ['usage.*'],
  model: ['preset.options.*'],
  'instance.changed': ['endpoints.address.*'],
  'deployment.ready': ['endpoints.address.*'],
  deployments: ['deployments.instances.endpoints.address.*'],
  deployment: ['deployment.instances.endpoints.address.*'],
};

/** Paths of a schema where a value may hold fields that the schema does not name. */
function openPlaces(schema: z.core.$ZodType, path = ''): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const below = (inner: z.core.$ZodType, step = '') => openPlaces(inner, [path, step].filter(Boolean).join('.'));
  if (def.type === 'object')
    return [
      ...Object.entries(def.shape).flatMap(([name, inner]) => below(inner, name)),
      ...(def.catchall ? below(def.catchall, '*') : []),
    ];
  if (def.type === 'array') return below(def.element);
  if (def.type === 'record') return below(def.valueType, '*');
  if (def.type === 'union') return def.options.flatMap((option) => below(option));
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'catch' || def.type === 'default')
    return below(def.innerType);
  if (def.type === 'pipe') return below(def.in);
  // `never` is the catchall of a strict object.
  return ['string', 'number', 'boolean', 'literal', 'enum', 'never'].includes(def.type) ? [] : [path];
}
