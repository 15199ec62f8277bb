// Random ssh configurations like those of users and sites: blocks, negations, Includes, tokens, quotes, upper and lower case.

import fc from 'fast-check';

export interface SshConfigCase {
  /** `DIR` stands for the directory of the files. */
  main: string;
  /** `DIR/one`, `DIR/two`, `DIR/conf.d/three`. */
  included: { one: string; two: string; three: string };
  host: string;
  port: number | undefined;
  user: string | undefined;
}

const names = ['gpu', 'gate', 'login1', 'GPU', 'node.example.org', 'Login1.Example.org', 'gpu+x'];
const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const name = pick(...names);
const hostPatterns = [
  ...names,
  '*',
  'g*',
  'gp?',
  '*.example.org',
  '!gpu',
  '!g*',
  '!gate',
  '"gpu"',
  "'gate'",
  'Gpu',
  'lo*1',
];

const criterion = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      pick('host', 'Host', '!host'),
      pick('gpu', '*', 'node.example.org', 'LOGIN1.*', '!gpu,*', 'gate,g*', 'login.example.org'),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(pick('originalhost', '!originalhost', 'OriginalHost'), pick(...names, 'g*,!gate', '*.ORG')),
  },
  { weight: 3, arbitrary: fc.tuple(pick('user', '!user'), pick('alice', 'root', 'a*', 'Alice', '!bob,*')) },
  { weight: 2, arbitrary: fc.tuple(pick('localuser', '!localuser'), pick('root', 'nobody', '*')) },
  { weight: 1, arbitrary: fc.tuple(pick('exec', '!exec'), pick('true', 'false', '"test a = a"')) },
);
const match = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.array(criterion, { minLength: 1, maxLength: 3 }), pick(' ', '  ', '\t'), pick(' ', '='))
      .map(([parts, gap, equals]) => parts.map(([one, argument]) => `${one}${equals}${argument}`).join(gap)),
  },
  {
    weight: 1,
    arbitrary: pick('all', 'ALL', 'canonical', 'final', '!all', 'final host gpu', 'host gpu canonical', 'all host gpu'),
  },
);
const patterns = fc.array(pick(...hostPatterns), { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));

const token = pick(
  '%h',
  '%n',
  '%k',
  '%r',
  '%p',
  '%u',
  '%d',
  '%i',
  '%l',
  '%L',
  '%C',
  '%%',
  '%x',
  '${HOME}',
  '${NOWHERE_SET}',
  '',
);
const path = fc
  .tuple(pick('~/.ssh/', '/srv/', '%d/', '~nobody/'), pick('kh', 'a b', 'x#y'), token, pick('', '_'), token)
  .map(([dir, file, one, between, two]) => ({ text: `${dir}${file}${one}${between}${two}`, isOdd: file !== 'kh' }))
  .chain(({ text, isOdd }) => (isOdd ? pick(`"${text}"`, `'${text}'`) : pick(text, `"${text}"`)));
const paths = fc.array(path, { minLength: 1, maxLength: 2 }).map((all) => all.join(' '));
const jump = pick(
  'gate',
  'bob@gate',
  'bob@gate:2200',
  'ssh://gate:24',
  'gate,inner',
  'u@[::1]:23,gate',
  'none',
  'None',
  'gate # through it',
  '[gate]:99',
);
const command = pick(
  'none',
  'NONE',
  'ssh -W %h:%p gate',
  'ssh gate -W %h:%p',
  'ssh -x -q u@gate -W %h:%p',
  '/usr/bin/ssh -W [%h]:%p gate',
  'ssh -l u gate -W %h:%p',
  'ssh -qxW %h:%p -p 2222 gate',
  'exec ssh -W %h:%p %r@gate',
  'ssh gate nc %h %p',
  'nc %h %p',
  'ssh -i key -W %h:%p gate',
  'ssh -W %h:22 gate',
  'ssh -W %h:%p gate # x',
  'sh -c "ssh -W %h:%p gate"',
  'ssh -x -q $(echo %h) -W %h:%p',
);

const setting = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      pick('HostName', 'Hostname', 'hostname', 'HOSTNAME'),
      pick('login.example.org', '%h.example.org', 'LOGIN.Example.org', '10.0.0.1', '%h', 'a%%b', '%n.x'),
    ),
  },
  { weight: 3, arbitrary: fc.tuple(pick('User', 'user'), pick('alice', 'bob', '"alice"', 'Alice', '%u')) },
  { weight: 3, arbitrary: fc.tuple(pick('Port', 'port'), pick('22', '2222', '"2200"', '022', '0', 'ssh')) },
  {
    weight: 3,
    arbitrary: fc.tuple(pick('IdentityFile', 'identityfile'), fc.oneof(path, pick('none', '~/.ssh/id_%h'))),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      pick('UserKnownHostsFile', 'userknownhostsfile'),
      fc.oneof(paths, pick('/dev/null', 'none', '~/.ssh/kh/%k')),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(pick('GlobalKnownHostsFile'), pick('/dev/null', '/etc/kh', '/etc/a /etc/b')) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      pick('IdentityAgent'),
      pick('none', 'SSH_AUTH_SOCK', '$HOME', '~/agent', '/run/%u/agent', '"~/a b"'),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(pick('IdentitiesOnly'), pick('yes', 'no', 'Yes', 'true', 'perhaps')) },
  { weight: 1, arbitrary: fc.tuple(pick('HostKeyAlias', 'hostkeyalias'), pick('cluster', 'g', '"c d"')) },
  { weight: 1, arbitrary: fc.tuple(pick('ConnectTimeout'), pick('7', '1m', '1m30', 'none', '0', '5x')) },
  { weight: 4, arbitrary: fc.tuple(pick('ProxyJump', 'proxyjump'), jump) },
  { weight: 4, arbitrary: fc.tuple(pick('ProxyCommand', 'Proxycommand'), command) },
  { weight: 1, arbitrary: fc.tuple(pick('CanonicalizeHostname'), pick('no', 'no', 'yes')) },
  {
    weight: 2,
    arbitrary: pick<[string, string]>(
      ['ForwardAgent', 'yes'],
      ['ServerAliveInterval', '30'],
      ['ControlMaster', 'auto'],
      ['RemoteCommand', 'tmux new # x'],
      ['SendEnv', 'LANG LC_*'],
      ['LocalForward', '8080 localhost:80'],
      ['GSSAPIAuthentication', 'yes'],
    ),
  },
  {
    weight: 1,
    arbitrary: pick<[string, string]>(
      ['IgnoreUnknown', 'UseKeychain'],
      ['IgnoreUnknown', 'use*,Other'],
      ['UseKeychain', 'yes'],
      ['usekeychain', 'yes'],
    ),
  },
);

const line = ([keyword, value]: readonly [string, string]): fc.Arbitrary<string> =>
  fc
    .tuple(pick('  ', '', '\t'), pick(' ', ' ', '=', ' = ', '\t'), pick('', '', '  ', '\t', '\r'))
    .map(([indent, between, end]) => `${indent}${keyword}${between}${value}${end}`);

const settings = fc.array(setting.chain(line), { maxLength: 4 });
const block = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(pick('Host', 'host', 'HOST'), patterns).chain(line) },
      { weight: 4, arbitrary: fc.tuple(pick('Match', 'match'), match).chain(line) },
      { weight: 1, arbitrary: pick('# Host gpu', '', '   ') },
    ),
    settings,
  )
  .map(([head, body]) => [head, ...body]);
const include = fc
  .tuple(
    pick('Include', 'include'),
    pick('DIR/one', '"DIR/two"', 'DIR/conf.d/*', 'DIR/one DIR/two', 'DIR/conf.?/th*', 'DIR/none', 'DIR/o%h'),
  )
  .chain(line);
const file = (parts: fc.Arbitrary<string[]>, maxLength: number): fc.Arbitrary<string> =>
  fc
    .tuple(settings, fc.array(parts, { maxLength }))
    .map(([first, blocks]) => `${[...first, ...blocks.flat()].join('\n')}\n`);

export const sshConfigCase: fc.Arbitrary<SshConfigCase> = fc.record({
  main: file(
    fc.oneof(
      { weight: 4, arbitrary: block },
      {
        weight: 1,
        arbitrary: fc.tuple(block, include, settings).map(([head, middle, tail]) => [...head, middle, ...tail]),
      },
    ),
    4,
  ),
  included: fc.record({ one: file(block, 2), two: file(block, 1), three: file(block, 2) }),
  host: name,
  port: fc.option(pick(2022), { nil: undefined, freq: 6 }),
  user: fc.option(pick('alice', 'carol'), { nil: undefined, freq: 6 }),
});
