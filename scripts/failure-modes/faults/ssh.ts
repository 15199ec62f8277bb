import { type FoundFault, places } from '../failure-mode.ts';

export const sshFaults: readonly FoundFault[] = [
  {
    finding: '22 control-path',
    what: 'a temporary directory with a blank or `%` in its name kept `driver: ssh` from logging in',
    seen: 'it logs in: the path of the control socket is quoted',
    tests: places([
      'packages/ssh/src/system-ssh/open-system-ssh.test.ts',
      'logs in where the name of the temporary directory has blanks, quotes and percent signs',
    ]),
  },
  {
    finding: '22 login-shells',
    what: 'a log whose path has a `!` could not be read where the login shell is csh or tcsh ("Event not found")',
    seen: 'each argument arrives as it is, through sh, bash, csh, tcsh, fish and zsh',
    tests: places([
      'packages/ssh/src/stream-command.test.ts',
      'reaches the command unchanged where the login shell is %s',
    ]),
  },
];
