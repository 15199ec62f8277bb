import { type FoundFault, places } from '../failure-mode.ts';

export const sshFaults: readonly FoundFault[] = [
  {
    finding: '22 control-path',
    what: 'the name of the temporary directory has a blank or `%`, and `driver: ssh` cannot log in',
    seen: 'the login works: the path of the control socket is quoted',
    tests: places([
      'packages/ssh/src/system-ssh/open-system-ssh.test.ts',
      'logs in where the name of the temporary directory has blanks, quotes and percent signs',
    ]),
  },
  {
    finding: '22 login-shells',
    what: 'the path of a log has a `!`, and the login shell is csh or tcsh ("Event not found")',
    seen: 'each argument arrives unchanged through sh, bash, csh, tcsh, fish and zsh',
    tests: places([
      'packages/ssh/src/stream-command.test.ts',
      'reaches the command unchanged where the login shell is %s',
    ]),
  },
];
