// Programs of different ages: which version of the protocol they meet at, and what the one hears that is too old or too new.
// With the golden hello of version 1, as an agent of that time sends it.

import { readFileSync } from 'node:fs';

import type { AgentHello, VersionRange } from '@fairlead/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import { openTestControl, type TestControl } from '../testing/open-test-control.ts';
import { decodeAgentFrame } from '../ws/decode-agent-frame.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../../../packages/protocol/golden/v2/agent/hello.json', import.meta.url), 'utf8'),
) as AgentHello;

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

async function meet(control: VersionRange, agent: VersionRange, more: object = {}) {
  testControl = await openTestControl({ versions: control });
  const made = { ...(await testControl.deploy('a')), name: 'a' };
  const { instanceId } = made;
  const hello = { ...golden, protocol: agent, instanceId, deployment: 'a', ...more };
  return testControl.agent(made, { firstText: JSON.stringify(hello) });
}

describe('An agent and a control of different versions', () => {
  it.each([
    ['an older agent under a newer control', { min: 1, max: 3 }, { min: 1, max: 1 }, 1],
    ['a newer agent under an older control', { min: 1, max: 1 }, { min: 1, max: 3 }, 1],
    ['both ranges overlapping', { min: 2, max: 4 }, { min: 1, max: 3 }, 3],
  ])('go on with the newest that both speak: %s', async (_title, control, agent, met) => {
    // Fields that this control does not know come with newer agents.
    const there = await meet(control, agent, { fromTheFuture: { a: 1 } });
    expect(await there.next('control.welcome', true)).toMatchObject({ protocol: met });
    const { body } = await testControl.owner.call('GET', '/v1/deployments/a');
    expect(body.instances[0].agent).toEqual({ version: golden.agentVersion, protocol: met });
    expect((await testControl.owner.call('GET', '/v1/hello')).body).toMatchObject({ protocol: control });
  });

  it.each([
    ['the agent is too old', { min: 2, max: 3 }, { min: 1, max: 1 }, 'deploy again'],
    ['the agent is too new', { min: 1, max: 1 }, { min: 2, max: 9 }, 'fairlead upgrade'],
  ])('that share no version part with a clear message: %s', async (_title, control, agent, hint) => {
    const there = await meet(control, agent);
    expect(await there.next('control.refused', true)).toMatchObject({
      code: 'protocol_mismatch',
      message: `cannot talk because no protocol version is shared: control speaks ${control.min} to ${control.max}, agent ${golden.agentVersion} ${agent.min} to ${agent.max}`,
      hint: expect.stringContaining(hint),
    });
    const { events } = (await testControl.owner.call('GET', '/v1/events?deployment=a&last=1')).body;
    expect(events).toMatchObject([{ kind: 'agent.refused', message: expect.stringContaining('protocol_mismatch') }]);
  });

  it('are told apart also where the newer hello cannot be read', () => {
    const hello = {
      type: 'agent.hello',
      protocol: { min: 5, max: 6 },
      agentVersion: '9.0.0',
      everythingElse: 'changed',
    };
    expect(decodeAgentFrame(Buffer.from(JSON.stringify(hello)), false, { min: 1, max: 4 })).toMatchObject({
      kind: 'refused',
      code: 'protocol_mismatch',
    });
  });
});
