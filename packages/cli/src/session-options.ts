// What the SDK's session needs of a command's context.

import { defined } from '@fairlead/kit';
import type { ConnectOptions } from '@fairlead/client';

import type { Context } from './context.ts';

export function sessionOptions(
  context: Context,
): Pick<ConnectOptions, 'env' | 'log' | 'clock' | 'signal' | 'askPassphrase' | 'sshTerminal'> {
  const { ask, sshTerminal } = context;
  return {
    env: context.env,
    log: context.log,
    clock: context.clock,
    signal: context.signal,
    ...defined({ sshTerminal }),
    ...(ask && { askPassphrase: (file: string) => ask.secret(`Passphrase for ${file}`) }),
  };
}
