import { type FieldReport, places } from '../failure-mode.ts';

const asked = 'packages/ssh/src/resolve-by-ssh.test.ts';
const own = 'packages/ssh/src/resolve-ssh-target.test.ts';
const system = 'packages/ssh/src/system-ssh/open-system-ssh.test.ts';
const twoFactor = 'packages/ssh/src/system-ssh/two-factor.test.ts';
const choice = 'packages/cli/src/ssh/choose-driver.test.ts';
const compared = ['tests/fuzz/ssh-config.test.ts', 'reads a configuration as ssh does, or refuses it'] as const;

export const sshReports: readonly FieldReport[] = [
  {
    id: 'P15',
    what: '`Hostname` spelt so, and `Match host` on the name that it gives',
    threads: ['jeanp413/open-remote-ssh#205', 'jeanp413/open-remote-ssh#42'],
    seen: 'the user that `ssh -G` names, with and without `ssh` on the machine',
    tests: places(
      [asked, 'takes keywords in any case, the scope of an Include, and the first of ProxyCommand and ProxyJump'],
      [own, 'evaluates Match by the host name so far and by its negation, with keywords in any case'],
      compared,
    ),
  },
  {
    id: 'P16',
    what: 'negated Match criteria, and a jump only where `exec` says that one is outside',
    threads: ['ronf/asyncssh#720', 'blinksh/blink#970', 'microsoft/vscode-remote-release#37'],
    seen: "the jump, as `ssh` judges it; without `ssh` a refusal that names the line; `init` tries the system's ssh on dns, time-out and unreachable, too",
    tests: places(
      [asked, 'evaluates criteria that only ssh evaluates'],
      [own, 'evaluates Match by the host name so far and by its negation, with keywords in any case'],
      [own, 'refuses %j by its line instead of dropping it'],
      [choice, "takes the system's ssh where its own finds no address and the system's ssh logs in"],
    ),
  },
  {
    id: 'P17',
    what: 'canonical domains, with a jump for the canonical name',
    threads: ['cyjake/ssh-config#65'],
    seen: 'the canonical name with its jump; without `ssh` a refusal that names the line',
    tests: places(
      [asked, 'uses the canonical name and the jump host of its block'],
      [own, 'refuses %j by its line instead of dropping it'],
    ),
  },
  {
    id: 'P18',
    what: '`ProxyCommand none` before a global `ProxyJump`',
    threads: ['net-ssh/net-ssh#692', 'trzsz/trzsz-ssh#266', 'paramiko/paramiko#2285', 'fabric/fabric#2354'],
    seen: 'a direct connection: the first of both counts',
    tests: places(
      [asked, 'takes keywords in any case, the scope of an Include, and the first of ProxyCommand and ProxyJump'],
      [own, 'uses the first of ProxyCommand and ProxyJump'],
      compared,
    ),
  },
  {
    id: 'P19',
    what: '`Include` within a Host block',
    threads: ['microsoft/vscode-remote-release#4339', 'cyjake/ssh-config#42', 'jeanp413/open-remote-ssh#340'],
    seen: 'what the file says counts for that host alone',
    tests: places(
      [asked, 'takes keywords in any case, the scope of an Include, and the first of ProxyCommand and ProxyJump'],
      [own, 'keeps the lines of an Include within its block'],
      compared,
    ),
  },
  {
    id: 'P20',
    what: "a site's generated file: shell in ProxyCommand, IgnoreUnknown, `+` in names, one `@cert-authority` line for all hosts",
    threads: ['rug-cit-hpc/league-of-robots'],
    seen: "the system's ssh logs in by itself and is said to (`init`, `doctor`); jumps that are written as a ProxyCommand are read as jumps; a host that a certificate vouches for is believed",
    tests: places(
      [asked, "reads a ProxyCommand that is a plain jump, and leaves another to the system's ssh"],
      [asked, "chooses the system's ssh for %s"],
      [system, 'accepts a host by the certificate of an authority, and reports the key in it'],
      [choice, 'takes the one that ssh -G asks for, says why, and writes nothing down'],
      [own, 'ignores the keywords that IgnoreUnknown names'],
      [own, 'takes %j for a jump'],
    ),
  },
  {
    id: 'P21',
    what: '`UserKnownHostsFile` with `%k`, and with `/dev/null`',
    threads: ['net-ssh/net-ssh#882', 'lablup/bssh#278', 'OSC/ood-documentation#273', 'skypilot-org/skypilot#1614'],
    seen: 'the file that ssh means; with `/dev/null` the global file is read, and an accepted key is kept in `~/.ssh/known_hosts_fairlead`, as the question says',
    tests: places(
      [asked, 'gives the same settings to a driver that the user names'],
      [asked, 'keeps an accepted host key in a file of its own where ssh keeps none'],
      [own, 'expands the tokens of known_hosts files, and keeps keys in its own file if there is none'],
      [system, 'keeps an accepted host key in a file of ours where ssh_config keeps none'],
    ),
  },
  {
    id: 'P23',
    what: 'a gate with a second factor whose block starts a second ssh (`RemoteCommand`, `RequestTTY`)',
    threads: [
      'microsoft/vscode-remote-release#6086',
      'skypilot-org/skypilot#8291',
      'skypilot-org/skypilot#8379',
      'skypilot-org/skypilot#8573',
    ],
    seen: 'an open ControlMaster of the user is used and no code is asked for; without one ssh asks once at the terminal; the command of the block is not started',
    tests: places(
      [twoFactor, 'uses the open connection of the user and asks for no second code'],
      [twoFactor, 'asks the user once if no connection is open, and does not start the command of the block'],
      [twoFactor, 'is refused with the reason if there is no user to ask'],
    ),
  },
];
