import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import type { EndpointView } from './api.ts';
import { decodeValue } from './codec.ts';
import { endpointList } from './api.ts';
import { pickEndpoint } from './pick-endpoint.ts';

const first = endpoint('aaaaaaaa');
const second = endpoint('bbbbbbbb', { role: 'successor' });

function endpoint(instanceId: string, more: Partial<EndpointView> = {}): EndpointView {
  return {
    deployment: 'a',
    instanceId,
    role: 'current',
    replica: 0,
    generation: 1,
    address: { kind: 'bastion-socket', socket: `/run/x/${instanceId}-1.sock` },
    apiKey: new Secret('k'),
    servedModel: 'm',
    state: { status: 'ready' },
    ...more,
  };
}

const picked = (endpoints: EndpointView[], inUse?: EndpointView) =>
  pickEndpoint(endpoints, { kinds: ['bastion-socket'], inUse })?.instanceId;

describe('pickEndpoint', () => {
  it('prefers the current instance to its successor, whatever their order', () => {
    expect(picked([second, first])).toBe('aaaaaaaa');
    expect(picked([second])).toBe('bbbbbbbb');
    expect(picked([])).toBeUndefined();
  });

  it('stays with the instance in use while that is as healthy as the others', () => {
    expect(picked([first, second], second)).toBe('bbbbbbbb');
    const degraded = { ...second, state: { status: 'degraded' as const, reason: 'slow' } };
    expect(picked([first, degraded], degraded)).toBe('aaaaaaaa');
  });

  it('takes the lowest replica', () => {
    expect(picked([endpoint('cccccccc', { replica: 1 }), first])).toBe('aaaaaaaa');
  });

  it.each<EndpointView['state']>([
    { status: 'starting', phase: 'loading' },
    { status: 'draining', untilMs: 1, cause: { code: 'deadline', message: '' } },
    { status: 'failed', cause: { code: 'agent_lost', message: '' } },
  ])('leaves an instance that is $status for one that serves', (state) => {
    expect(picked([{ ...first, state }, second], first)).toBe('bbbbbbbb');
    expect(picked([{ ...first, state }])).toBeUndefined();
  });

  it('ignores an address of a carrier that the program does not have; the address is decoded and passed on whole', () => {
    const wire = { ...first, apiKey: 'k', address: { kind: 'srun', step: 7 } };
    const decoded = decodeValue(endpointList, { endpoints: [wire] });
    expect(decoded).toMatchObject({ ok: true, value: { endpoints: [{ address: { kind: 'srun', step: 7 } }] } });
    const endpoints = decoded.ok ? decoded.value.endpoints : [];
    expect(picked(endpoints)).toBeUndefined();
    expect(picked([...endpoints, second])).toBe('bbbbbbbb');
  });

  it('takes the preferred carrier of an instance, and prefers an instance to a carrier', () => {
    const relayed = { ...first, generation: 7, address: { kind: 'relay', at: 'x' } };
    const pick = (...kinds: string[]) => pickEndpoint([second, first, relayed], { kinds });
    expect(pick('relay', 'bastion-socket')).toBe(relayed);
    expect(pick('bastion-socket', 'relay')).toBe(first);
  });

  it('gets no bastion socket without a path: decoding refuses it', () => {
    const wire = { ...first, apiKey: 'k', address: { kind: 'bastion-socket' } };
    expect(decodeValue(endpointList, { endpoints: [wire] })).toMatchObject({ ok: false });
  });
});
