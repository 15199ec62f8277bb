import { execFileSync } from 'node:child_process';

import type { ConnectionFile } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { describeConnection } from './write-connection-files.ts';

describe('connection.txt', () => {
  const connection = (servedModel: string): ConnectionFile => ({
    version: 2,
    instanceId: 'k3x9q2ab',
    deployment: 'demo',
    model: 'org/model',
    servedModel,
    engine: 'vllm',
    jobId: '1',
    nodes: [{ rank: 0, host: 'node1', gpus: [], state: { status: 'running' } }],
    bastion: { host: 'b' },
    endpoints: [{ generation: 1, address: { kind: 'bastion-socket', socket: '/s' } }],
    connect: 'fairlead connect demo',
    writtenMs: 0,
  });

  it('has the model as it is where nothing in it means anything', () => {
    const text = describeConnection(connection('org/model'));
    expect(text).toContain(`-d '{"model":"org/model"`);
    expect(text).toContain(`model: 'org/model', messages`);
  });

  it('can be pasted into a shell whatever the model is called', () => {
    const model = `a'b"; echo run; $(echo run) \`echo run\``;
    const [command = ''] = /curl -N [^]*?(?=\n\nPython)/.exec(describeConnection(connection(model))) ?? [];
    const said = execFileSync('sh', [
      '-c',
      `curl() { for word in "$@"; do printf '<%s>\\n' "$word"; done; }\n${command}`,
    ]).toString();
    expect(JSON.parse(/^<(\{.*\})>$/m.exec(said)?.[1] ?? '')).toMatchObject({ model });
    expect(said).not.toMatch(/^run$/m);
  });
});
