// Every schema of the protocol as a reader, with its golden messages as samples.

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as protocol from '@fairlead/protocol';

import type { Reader } from './fuzz-target.ts';

const golden = fileURLToPath(new URL('../../packages/protocol/golden/v2', import.meta.url));

/** Maps a folder or file of the golden messages to its reader. */
const schemas: Readonly<Record<string, protocol.Schema>> = {
  agent: protocol.agentMessage,
  control: protocol.controlMessage,
  watch: protocol.watchMessage,
  'api/create-deployment': protocol.createDeployment,
  'api/deployment-list': protocol.deploymentList,
  'api/error-body': protocol.errorBody,
  'api/job-observed': protocol.jobObserved,
  'file/gate-line': protocol.gateLine,
  'file/instance-spec': protocol.instanceSpec,
  'file/laptop-profile': protocol.laptopProfile,
  'file/connection-file': protocol.connectionFile,
};

export function messageReaders(): Reader[] {
  return Object.entries(schemas).map(([path, schema]) => ({
    name: `message ${path}`,
    samples: goldenOf(path),
    read: (text) => protocol.decodeText(schema, text),
  }));
}

function goldenOf(path: string): string[] {
  const files = globSync(path.includes('/') ? `${path}.json` : `${path}/*.json`, { cwd: golden });
  if (files.length === 0) throw new Error(`there is no golden message of ${path}`);
  return files.map((file) => readFileSync(`${golden}/${file}`, 'utf8'));
}
