// What packages/launch is given of this machine. Apart from the events of a launch, which few commands show.

import { defined, systemRandom } from '@fairlead/kit';
import type { LocalMachine, LoginQuestions } from '@fairlead/launch';

import type { Context } from '../context.ts';
import { cacheDir } from '@fairlead/client/cache-dir';

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
    ...defined({ terminal: sshTerminal }),
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
