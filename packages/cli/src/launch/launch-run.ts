// What packages/launch is given of a command's context, and where the events of its parts go.

import { systemRandom } from '@fairlead/kit';
import type { LaunchEvent, LoginQuestions, LocalMachine, Run, StopEvent } from '@fairlead/launch';

import type { Context } from '../context.ts';
import { cacheDir } from '@fairlead/client/cache-dir';
import { renderEvent } from './render-event.ts';

/** For work that a command does itself: its events are rendered at once. */
export function launchRun(context: Context): Run<LaunchEvent | StopEvent> {
  const { output, signal } = context;
  return { ...machineOf(context), signal, tell: (event) => renderEvent(event, output) };
}

export function machineOf(context: Context): LocalMachine {
  const { env, home, nodePath, clock, log } = context;
  return {
    env,
    home,
    nodePath,
    cacheDir: cacheDir(context),
    clock,
    random: systemRandom,
    log,
    questions: loginQuestions(context),
  };
}

function loginQuestions({ ask, sshTerminal }: Context): LoginQuestions {
  return {
    ...(sshTerminal && { terminal: sshTerminal }),
    ...(ask && {
      askPassphrase: (file) => ask.secret(`Passphrase for ${file}`),
      askHostKey: ({ host, keyType, fingerprint, keptIn }) => {
        const kept =
          keptIn === undefined ? '' : ` (ssh_config keeps no keys for it: Fairlead keeps this one in ${keptIn})`;
        const key = `Its ${keyType} key is ${fingerprint}. Is that right?`;
        return ask.confirm(`${host} is not known yet${kept}. ${key}`, false);
      },
    }),
  };
}
