import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

const input = 'tests/scenarios/bad-input.test.ts';
const care = 'tests/scenarios/care-deploy.test.ts';

export const waysInChapter: FailureChapter = {
  title: 'The ways in',
  modes: [
    mode('bastion unreachable', 'which address and port, exit 4', [input, 'where nothing listens']),
    mode(
      'login host unreachable',
      'what runs goes on; the words name the host',
      [scenario('job/outages'), 'login node away: deployments go on, and the messages name the host'],
      [care, 'deploy goes on following, says so once, and is ready; stop says that it has stopped, and warns'],
    ),
    mode('DNS failure', 'the name, and that a VPN may be needed', [input, 'whose name is not known']),
    mode(
      'wrong host key',
      'both keys, the line of known_hosts, and never a way around it',
      [input, 'with another host key'],
      [input, 'with an unknown host key'],
    ),
    mode('wrong key', 'which keys were offered', [input, 'that does not take the key']),
    mode(
      'key with a passphrase',
      'asked for once, or how to load it',
      [input, 'for which the key has a passphrase and there is no terminal to type it'],
      ['packages/ssh/src/connection/open-ssh.test.ts', 'asks for a passphrase only when the server wants the key'],
    ),
    mode('login shell that prints a banner or runs `exec tmux`', 'the banner is passed over; the other is named', [
      scenario('files/cluster-files'),
      'may print a banner, but not become another program',
    ]),
    mode('laptop without `ssh`', 'nothing: it is not needed', [
      input,
      'is reached without any ssh program on this machine',
    ]),
    mode('authorized_keys read-only', 'the line to add, and that it is waited for', [
      scenario('files/cluster-files'),
      'that Fairlead may not edit: the command shows the line, the same one each time, and works after the user has added it',
    ]),
    mode('authorized_keys huge, with CRLF, without a last newline', 'nothing: every other byte stays', [
      scenario('files/cluster-files'),
      '%s works, and has its original bytes again after the last stop',
    ]),
    mode('authorized_keys changed by someone else meanwhile', 'nothing: both changes are kept', [
      scenario('files/cluster-files'),
      'that another program changes meanwhile keeps both changes',
    ]),
  ],
};
