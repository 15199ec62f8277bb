import { defined } from '@fairlead/kit';
import { parseAssociations, parseQosLimits } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';

import type { DeploymentPlan } from '@fairlead/launch';
import { type AccountFacts, judgeAccount, judgeQos } from './judge-account.ts';

const config = { version: '22.05.8', hasAccounting: true, enforced: ['associations', 'limits', 'qos'] };
const kept: AccountFacts = {
  accounts: {
    ok: true,
    associations: [
      { account: 'lab', qos: ['normal'], defaultQos: 'normal', isDefault: true },
      { account: 'big', partition: 'big', qos: ['long'] },
    ],
  },
  qosLimits: [],
  config,
  rules: [{ name: 'gpu', state: 'UP', denyAccounts: ['lab2'] }],
  partition: 'gpu',
};
const none: AccountFacts = {
  ...kept,
  accounts: { ok: false, words: 'sacctmgr: error: Slurm accounting storage is disabled' },
  config: { hasAccounting: false, enforced: [] },
};
const away: AccountFacts = {
  ...kept,
  accounts: { ok: false, words: 'sacctmgr: error: Sending PersistInit msg: Connection refused' },
};
const nobody: AccountFacts = { ...kept, accounts: { ok: true, associations: [] } };
const withRule = (rule: object): AccountFacts => ({ ...kept, rules: [{ name: 'gpu', state: 'UP', ...rule }] });

/** What a real Slurm 22.05 prints of a user with accounts below one another, and the partition that takes the upper one. */
const real: AccountFacts = {
  accounts: {
    ok: true,
    associations: parseAssociations(
      'lab||normal,one,tiny|normal|lab\nnlp||normal,one,tiny|normal|lab\nspent||normal,one,tiny|normal|lab\n',
    ),
  },
  qosLimits: parseQosLimits('normal|||\ntiny|00:10:00||\none||1|\n'),
  config,
  rules: [{ name: 'members', state: 'UP', allowAccounts: ['lab'] }],
  partition: 'members',
};

const account = (name: string | undefined) => defined({ account: name });

describe('judgeAccount', () => {
  it.each([
    ['one of the user', 'lab', kept, 'ok'],
    ['none, where Slurm has one', undefined, kept, 'ok'],
    ['one of another partition', 'big', kept, 'fail'],
    ['an unknown one', 'nobody', kept, 'fail'],
    ['one that the partition does not take', 'lab', withRule({ allowAccounts: ['x'] }), 'fail'],
    ['one that the partition refuses', 'lab', withRule({ denyAccounts: ['lab'] }), 'fail'],
    ['none, of a user who has none', undefined, nobody, 'fail'],
    ['one, where none is kept', 'lab', none, 'warn'],
    ['none, where none is kept', undefined, none, 'ok'],
    ['one in other case, which Slurm takes', 'LAB', real, 'ok'],
    ['one below that of the partition', 'nlp', real, 'fail'],
    ['none, where the partition does not take the default one', undefined, withRule({ allowAccounts: ['x'] }), 'fail'],
    [
      'one that a denied list names beside an allowed list',
      'lab',
      withRule({ allowAccounts: ['lab'], denyAccounts: ['lab'] }),
      'ok',
    ],
  ] as const)('%s', (_what, name, facts, status) => expect(judgeAccount(account(name), facts).status).toBe(status));

  it('advises accounts that the partition takes, and no others', () =>
    expect(judgeAccount(account('nlp'), real)).toEqual({
      status: 'fail',
      found: 'partition members takes only lab, not nlp: Slurm refuses its jobs, or lets them wait for ever',
      todo: 'Set slurm.account to one of: lab.',
    }));

  it('advises another partition where this one takes none of them', () =>
    expect(judgeAccount({}, withRule({ allowAccounts: ['x'] }))).toMatchObject({
      found: expect.stringContaining('not your default account lab') as unknown,
      todo: 'None of your accounts (lab) may be used there: set another slurm.partition.',
    }));

  it('only warns where a newer Slurm may count the account below one that is listed', () =>
    expect(judgeAccount(account('nlp'), { ...real, config: { ...config, version: '24.11.3' } }).status).toBe('warn'));

  it('does not call accounts absent that could not be read', () =>
    expect(judgeAccount({}, away)).toMatchObject({
      status: 'warn',
      found: 'your accounts could not be read: sacctmgr: error: Sending PersistInit msg: Connection refused',
      todo: expect.stringContaining('Slurm takes jobs all the same') as unknown,
    }));

  it('shows the default one among those of the user', () =>
    expect(judgeAccount({}, real).found).toBe('none is set; yours: lab (default), nlp, spent'));
});

describe('judgeQos', () => {
  const ask = (qos: string | undefined, timeMinutes = 5) => ({
    ...defined({ qos }),
    plan: { timeMinutes } as DeploymentPlan,
    timeFrom: 'slurm.time',
  });

  it.each([
    ['normal', kept, 'ok'],
    [undefined, kept, 'ok'],
    ['high', kept, 'fail'],
    ['high', none, 'warn'],
    [undefined, none, 'ok'],
    [undefined, away, 'warn'],
    ['TINY', real, 'ok'],
    ['normal', withRule({ allowQos: ['gold'] }), 'fail'],
    [undefined, withRule({ allowQos: ['gold'] }), 'fail'],
    ['normal', withRule({ allowQos: ['normal'] }), 'ok'],
  ] as const)('%s', (qos, facts, status) => expect(judgeQos(ask(qos), facts).status).toBe(status));

  it('holds the time that jobs would ask for against what the QOS gives to one', () => {
    expect(judgeQos(ask('tiny', 10), real).status).toBe('ok');
    expect(judgeQos(ask('tiny', 20), real)).toEqual({
      status: 'fail',
      found:
        'jobs would ask for 00:20:00 (slurm.time), and tiny gives a job 00:10:00: Slurm refuses them, or lets them wait for ever',
      todo: 'Set slurm.time to 00:10:00 or less, give --time at each deploy, or set another slurm.qos.',
    });
  });

  it('shows their limits', () =>
    expect(judgeQos(ask(undefined), real).found).toBe(
      'none is set; yours: normal, one (1 job of yours at a time), tiny (up to 00:10:00)',
    ));
});
