// A bastion (an SSH server, the real gate, a job key), an engine (the simulator's process) and a spec: all an agent needs.

import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { encodeText, instanceSpec, type InstanceSpecInput, protocolVersion } from '@fairlead/protocol';
import { createJobKey, renderKeyLine } from '@fairlead/ssh';
import { openAnyTestSsh, type TestSsh } from '@fairlead/ssh/testing';
import { controlIdentity } from '@fairlead/carrier/testing';

export const apiKey = 'endpoint-key-of-the-test';
export const enrolmentToken = 'enrolment-token-of-the-test';
const gate = join(import.meta.dirname, '../../../../infra/bastion/gate');

export interface AgentWorld extends AsyncDisposable {
  /** Everything else lies below it. */
  dir: string;
  sshd: TestSsh;
  /** Where sockets appear on the bastion. */
  runDir: string;
  jobDir: string;
  scratchDir: string;
  spec: InstanceSpecInput;
  /** Writes the spec as the CLI does; returns its path. */
  writeSpec(change?: Partial<InstanceSpecInput>): Promise<string>;
}

export async function openAgentWorld(sim: readonly string[] = []): Promise<AgentWorld> {
  await using scope = new Scope();
  // Short: sockets lie below it.
  const dir = await mkdtemp('/tmp/fa-');
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  const places = placesIn(dir);
  await Promise.all(Object.values(places).map((path) => mkdir(path, { mode: 0o700 })));
  const sshd = scope.use(await openGatedSsh(places));
  const spec = specOf(places, { sshd, sim });
  const closers = scope.release();
  return {
    dir,
    sshd,
    runDir: places.runDir,
    jobDir: places.jobDir,
    scratchDir: places.scratchDir,
    spec,
    async writeSpec(change = {}) {
      const path = join(dir, 'spec.json');
      await writeFile(path, encodeText(instanceSpec, instanceSpec.parse({ ...spec, ...change })), { mode: 0o600 });
      return path;
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}

type Places = ReturnType<typeof placesIn>;

function placesIn(dir: string) {
  return {
    stateDir: join(dir, 'state'),
    runDir: join(dir, 'run'),
    jobDir: join(dir, 'job'),
    scratchDir: join(dir, 'n'),
    jobKeyDir: join(dir, 'keys'),
  };
}

/** Makes a job key; the server lets it do nothing but run the gate. */
async function openGatedSsh({ stateDir, runDir, jobKeyDir }: Places): Promise<TestSsh> {
  const gatePath = join(stateDir, 'gate');
  await copyFile(gate, gatePath);
  await writeFile(join(stateDir, 'run-dir'), `${runDir}\n`);
  const jobKey = createJobKey();
  await writeFile(join(jobKeyDir, 'job-0123456789ab'), jobKey.privateKey.reveal(), { mode: 0o600 });
  const expiresAt = new Date(Date.now() + 86_400_000);
  const line = renderKeyLine({ publicKey: jobKey.publicKey, gatePath, expiresAt, marker: 'test' });
  return openAnyTestSsh({ authorizedKeys: [line] });
}

function specOf(places: Places, { sshd, sim }: { sshd: TestSsh; sim: readonly string[] }): InstanceSpecInput {
  const { jobKeyDir, jobDir, scratchDir } = places;
  return {
    version: protocolVersion,
    instanceId: `a${Math.random().toString(36).slice(2, 9).padEnd(7, '0')}`,
    deployment: 'demo',
    cluster: 'here',
    model: 'demo',
    servedModel: 'demo',
    engine: {
      name: 'sim',
      args: [...sim],
      stopLimitSeconds: 10,
    },
    health: { probeIntervalSeconds: 0.2, probeLimitSeconds: 1, restartBaseSeconds: 0.05, restartMaxSeconds: 0.1 },
    apiKey,
    enrolmentToken,
    bastion: {
      routes: [{ host: sshd.host, port: sshd.port, user: sshd.user, hostKeys: [sshd.hostKeyLine] }],
    },
    bastionIdentity: { host: hostname() },
    jobKeyDir,
    controlCertificate: controlIdentity.certificate,
    jobDir,
    scratchDir,
    drainSeconds: 20,
  };
}
