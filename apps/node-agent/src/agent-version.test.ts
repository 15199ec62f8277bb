import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { agentVersion } from './agent-version.ts';

it('The agent tells the version of its package', () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({ version: agentVersion });
  expect(readFileSync(new URL('./agent-version.ts', import.meta.url), 'utf8')).not.toContain(`'${agentVersion}'`);
});
