import { describe, expect, it } from 'vitest';

import { answerQuestions, hostAndPort, type InitArgs } from './init-questions.ts';

const flags: InitArgs = { yes: true, local: false };
const known = {
  defaultCluster: 'b',
  bastion: { fromLaptop: { host: 'gate', identityFile: '~/.ssh/id' } },
  clusters: { a: { login: { host: 'la' } }, b: { login: { host: 'lb' } } },
};

describe('The answers of init', () => {
  it('are about the default cluster where none is named', async () => {
    const config = await answerQuestions({ ...flags, partition: 'gpu' }, known, undefined);
    expect(config.clusters).toEqual({ a: known.clusters.a, b: { login: { host: 'lb' }, slurm: { partition: 'gpu' } } });
  });

  it('keep what is known of a host, and nothing of another one', async () => {
    const same = await answerQuestions({ ...flags, bastion: 'me@gate:2222' }, known, undefined);
    expect(same.bastion?.fromLaptop).toEqual({ host: 'gate', user: 'me', port: 2222, identityFile: '~/.ssh/id' });
    const other = await answerQuestions({ ...flags, bastion: 'gate2' }, known, undefined);
    expect(other.bastion?.fromLaptop).toEqual({ host: 'gate2' });
  });

  it('are asked for by the name of their flag where nobody can be asked', async () => {
    await expect(answerQuestions(flags, {}, undefined)).rejects.toMatchObject({
      code: 'needs_answer',
      hint: expect.stringContaining('--bastion') as unknown,
    });
  });
});

describe('A host that was typed', () => {
  it.each([
    ['host', { host: 'host' }],
    ['me@host:2222', { host: 'host', user: 'me', port: 2222 }],
    ['[::1]:22', { host: '::1', port: 22 }],
  ])('%s is taken apart', (text, parts) => expect(hostAndPort(text)).toEqual(parts));
});
