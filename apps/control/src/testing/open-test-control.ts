// A control in this process with directories of its own, and an owner connected to it: what most tests begin with.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Scope, silentLog } from '@fairlead/kit';

import type { ControlOptions } from '../control-options.ts';
import { type Control, openControl } from '../open-control.ts';
import { initIdentity } from '../state/identity.ts';
import { mintOwnerToken } from '../state/owner-tokens.ts';
import { type FakeAgent, type FakeAgentOptions, openFakeAgent } from './fake-agent.ts';
import { connectOwner, type Owner } from './owner.ts';

export interface TestControl extends AsyncDisposable {
  stateDir: string;
  runDir: string;
  certificate: string;
  token: string;
  owner: Owner;
  control: Control;
  /** Stops control and starts it again on the same directories. */
  restart(more?: Partial<ControlOptions>): Promise<void>;
  stop(): Promise<void>;
  deploy(name: string, jobDir?: string): Promise<{ instanceId: string; enrolmentToken: string }>;
  agent(
    of: { instanceId: string; enrolmentToken: string; name: string },
    more?: Partial<FakeAgentOptions>,
  ): Promise<FakeAgent>;
}

export async function openTestControl(options: Partial<ControlOptions> = {}): Promise<TestControl> {
  const scope = new Scope();
  const root = mkdtempSync(join(tmpdir(), 'fl-control-'));
  scope.defer(() => rmSync(root, { recursive: true, force: true }));
  const stateDir = join(root, 'state');
  const runDir = join(root, 'run');
  const { certificate } = await initIdentity(stateDir);
  const token = mintOwnerToken(stateDir, Date.now()).reveal();
  const start = (more: Partial<ControlOptions> = {}) =>
    openControl({ stateDir, runDir, host: 'bastion', bootId: 'boot', log: silentLog, ...options, ...more });
  let control: Control | undefined = await start();
  scope.defer(() => testControl.stop());
  const owner = scope.use(connectOwner({ socketPath: control.socketPath, certificate, token }));
  const testControl: TestControl = {
    stateDir,
    runDir,
    certificate,
    token,
    owner,
    control,
    async stop() {
      await control?.[Symbol.asyncDispose]();
      control = undefined;
    },
    async restart(more) {
      await testControl.stop();
      control = await start(more);
      testControl.control = control;
    },
    async deploy(name, jobDir = '/jobs/{instance}') {
      const answer = await owner.call('POST', '/v1/deployments', {
        name,
        model: 'demo',
        servedModel: 'demo',
        engine: 'sim',
        cluster: 'local',
        jobDir,
      });
      if (answer.status !== 201) throw new Error(`cannot deploy: ${JSON.stringify(answer)}`);
      return { instanceId: answer.body.instanceId, enrolmentToken: answer.body.enrolmentToken };
    },
    agent: async (of, more) =>
      scope.use(
        await openFakeAgent({
          runDir,
          certificate,
          instanceId: of.instanceId,
          deployment: of.name,
          token: of.enrolmentToken,
          ...more,
        }),
      ),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
  return testControl;
}
