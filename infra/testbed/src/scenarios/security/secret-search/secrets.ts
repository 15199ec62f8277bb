// Collects every secret from the place where it belongs.

import { type KnownSecret, privateHalf } from '@fairlead/testkit';
import { hkdfSync } from 'node:crypto';
import { deriveInstanceToken } from '@fairlead/control/testing';
import type { TestbedHandle } from '../../../testbed.ts';
import type { Kind } from './homes.ts';

const state = '/home/alice/.local/share/fairlead';

/** The job and process of each agent, from control's database. Control locks the database: this reads a copy. */
const readAgentsScript = `const { DatabaseSync } = require('node:sqlite');
const db = new DatabaseSync(process.argv[1]);
console.log(JSON.stringify(db.prepare(\`select distinct i.id as instanceId, i.job_id as jobId, h.process_id as processId
  from instances i join history h on h.instance_id = i.id where h.process_id is not null\`).all()));`;
const readCopy = `copy=$(mktemp -d); cp ${state}/control.db* "$copy"
${state}/bin/node --no-warnings -e "$0" "$copy/control.db"; rm -r "$copy"`;

export async function collectSecrets(testbed: TestbedHandle): Promise<KnownSecret[]> {
  const read = async (host: string, argv: string[], user = 'alice') => {
    const { code, stdout, stderr } = await testbed.exec(host, argv, { user });
    if (code !== 0 || stdout === '') throw new Error(`cannot read a secret on ${host}: ${argv.join(' ')}: ${stderr}`);
    return stdout;
  };
  const json = async <T>(host: string, argv: string[]) => JSON.parse(await read(host, argv)) as T;
  const [profile, identity, specs, jobKey, ownKey, agents, environ] = await Promise.all([
    json<{ ownerToken: string }>('laptop', ['cat', '.local/state/fairlead/profile.json']),
    read('bastion', ['cat', `${state}/identity.pem`]),
    read('login', ['sh', '-c', `cat ${state}/jobs/*/spec.json`]),
    read('login', ['sh', '-c', `cat ${state}/keys/*/job-????????????`]),
    read('laptop', ['cat', '.ssh/id_ed25519']),
    json<Array<{ instanceId: string; jobId: string; processId: string }>>('bastion', [
      'sh',
      '-c',
      readCopy,
      readAgentsScript,
    ]),
    read('node1', ['sh', '-c', 'for p in $(pgrep -f [e]ngine-sim.mjs); do cat /proc/$p/environ; done'], 'root'),
  ]);
  const controlKey = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(identity)?.[0] ?? '';
  const tokenSecret = Buffer.from(hkdfSync('sha256', controlKey, '', 'fairlead instance tokens v1', 32));
  const each = specs
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { apiKey: string; enrolmentToken: string });
  const engineKeys = environ.split('\0').flatMap((line) => (line.startsWith('VLLM_API_KEY=') ? [line.slice(13)] : []));
  const found: Record<Exclude<Kind, 'Hugging Face token' | 'what was asked'>, Array<string | Buffer>> = {
    'owner token': [profile.ownerToken],
    "control's private key": [privateHalf(controlKey)],
    "control's token secret": [tokenSecret],
    'enrolment token': each.map(({ enrolmentToken }) => enrolmentToken),
    'instance token': agents.map((agent) => deriveInstanceToken(tokenSecret, { ...agent, restart: 0 }).reveal()),
    "endpoint's key": each.map(({ apiKey }) => apiKey),
    "engine's key": [...new Set(engineKeys)],
    "job's private key": [privateHalf(jobKey)],
    "researcher's private key": [privateHalf(ownKey)],
  };
  return Object.entries(found).flatMap(([kind, values]) => values.map((value) => ({ kind, value })));
}
