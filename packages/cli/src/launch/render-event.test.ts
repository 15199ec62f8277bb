import { Writable } from 'node:stream';
import type { InstanceView } from '@fairlead/protocol';
import { expect, it } from 'vitest';
import { encodeJsonLine } from '../output/json-lines.ts';
import { createOutput } from '../output/output.ts';
import { renderEvent } from './render-event.ts';

const instance = { id: 'i1', jobId: '7', nodes: [], endpoints: [] } as unknown as InstanceView;

/** What is written of a submission and of the wait that follows. */
function written(encodeLine: typeof encodeJsonLine | undefined): string {
  let text = '';
  const stream = () =>
    Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          text += String(chunk);
          done();
        },
      }),
      { isTTY: false },
    );
  const output = createOutput({ stdout: stream(), stderr: stream() }, { encodeLine, startedMs: 0, now: () => 1000 });
  renderEvent({ type: 'deployment.submitted', name: 'qwen', jobId: '7', instance: 'i1' }, output);
  renderEvent({ type: 'instance.changed', instance: { ...instance, state: { status: 'submitted' } } }, output);
  renderEvent({ type: 'instance.changed', instance: { ...instance, state: { status: 'queued' } } }, output);
  return text;
}

it('a person reads once that a job is submitted; a program gets each state', () => {
  expect(written(undefined)).toBe('  1.0s  submitted as job 7\n  1.0s  queued\n');
  expect(written(encodeJsonLine).trim().split('\n')).toHaveLength(3);
});
