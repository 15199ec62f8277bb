import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = JSON.stringify(fileURLToPath(new URL('./detach.ts', import.meta.url)));

it('detach lets work end well in silence, and ends the process when it fails', () => {
  const script = `
    const { detach } = await import(${source});
    process.on('uncaughtException', (error) => console.log('surprise:', error.message));
    detach(Promise.resolve());
    detach(Promise.reject(new Error('a fault')));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'surprise: a fault\n', stderr: '' });
});
