import { describe, expect, it } from 'vitest';

import type { Asker } from '../context.ts';
import { hostAndPort } from '@fairlead/launch/login';
import { answerHosts, answerName, clusterWith, configWith, type InitArgs } from './init-questions.ts';

const flags: InitArgs = { yes: true, local: false };
const known = {
  defaultCluster: 'b',
  bastion: { fromLaptop: { host: 'gate', identityFile: '~/.ssh/id' } },
  clusters: { a: { login: { host: 'la' } }, b: { login: { host: 'lb' } } },
};
const nobody = { ask: undefined, hosts: [] };

/** Answers in the order of the questions, and keeps these. */
function person(...answers: string[]): Asker & { asked: string[] } {
  const asked: string[] = [];
  const answer = async (question: string) => {
    asked.push(question);
    return answers.shift() ?? '';
  };
  return {
    asked,
    text: answer,
    choose: (question, options) => answer(`${question} ${options.map(({ value }) => value).join(' ')}`.trim()),
    confirm: async () => true,
    secret: async () => undefined,
  };
}

async function answered(args: InitArgs) {
  const hosts = await answerHosts(args, known, nobody);
  const name = hosts.cluster ?? '';
  const config = clusterWith(args, known.clusters[name as 'a' | 'b'], hosts.login);
  return configWith(known, hosts, { name, config });
}

describe('The answers of init', () => {
  it('are about the default cluster where none is named', async () => {
    const config = await answered({ ...flags, partition: 'gpu' });
    expect(config.clusters).toEqual({ a: known.clusters.a, b: { login: { host: 'lb' }, slurm: { partition: 'gpu' } } });
  });

  it('keep what is known of a host, and nothing of another one', async () => {
    const same = await answered({ ...flags, bastion: 'me@gate:2222' });
    expect(same.bastion?.fromLaptop).toEqual({ host: 'gate', user: 'me', port: 2222, identityFile: '~/.ssh/id' });
    const other = await answered({ ...flags, bastion: 'gate2' });
    expect(other.bastion?.fromLaptop).toEqual({ host: 'gate2' });
  });

  it('are asked for by the name of their flag where nobody can be asked, with the hosts there are', async () => {
    await expect(answerHosts(flags, {}, { ask: undefined, hosts: ['gate', 'login'] })).rejects.toMatchObject({
      code: 'needs_answer',
      hint: expect.stringMatching(/--bastion.*gate, login/) as unknown,
    });
  });

  it('are chosen from the hosts of ~/.ssh/config, or typed', async () => {
    const ask = person('gate', 'inside', '', ' login.example.org ');
    expect(await answerHosts({ ...flags, yes: false }, {}, { ask, hosts: ['gate'] })).toEqual({
      bastion: 'gate',
      inside: 'inside',
      login: 'login.example.org',
    });
    expect(ask.asked).toHaveLength(4);
  });

  it('are asked for once: what is configured is not', async () => {
    const ask = person();
    await answerHosts({ ...flags, yes: false }, known, { ask, hosts: ['gate'] });
    expect(ask.asked).toEqual([]);
  });

  it('call a new cluster what Slurm calls it', async () => {
    expect(await answerName('42 big.cluster', undefined)).toBe('big-cluster');
    expect(await answerName(undefined, undefined)).toBe('cluster');
    expect(await answerName('tb', person('mine'))).toBe('mine');
  });
});

describe('A host that was typed', () => {
  it.each([
    ['host', { host: 'host' }],
    ['me@host:2222', { host: 'host', user: 'me', port: 2222 }],
    ['[::1]:22', { host: '::1', port: 22 }],
  ])('%s is taken apart', (text, parts) => expect(hostAndPort(text)).toEqual(parts));
});
