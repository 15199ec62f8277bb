// The bastion: reached, forwarding both ways, one machine, with room, with keys that can be edited, with control.

import { isCodedError } from '@fairlead/kit';

import { withoutQuestions } from '../../ssh/without-questions.ts';
import type { Check, Finding } from '../check.ts';
import { askClock } from '../host/clock.ts';
import { askDirectory, judgeDirectory } from '../host/directory.ts';
import { askRuntime } from '../host/runtime.ts';
import { askShell } from '../host/shell.ts';
import { askRoutes } from '../reach/ask-routes.ts';
import { reachChecks } from '../reach/reach-checks.ts';
import { connectionOf, type Inspection } from '../inspection.ts';
import { askAuthorizedKeys } from './authorized-keys.ts';
import { askControl, askGate, askPinnedKey } from './control.ts';
import { askEndToEnd } from './end-to-end.ts';
import { type ForwardingFacts, judgeDial, judgeListen, judgeReplaces, tryForwarding } from './forwarding.ts';
import { askOneHost } from './one-host.ts';
import { askRunDirectory } from './run-directory.ts';
import { judgeStays, tryStays } from './stays.ts';

const loggedIn = ['bastion.login'];

const routeTable: Check = {
  id: 'bastion.routes',
  title: 'Bastion: its routes',
  tried: 'went each route to its end: name, port, banner, host key, login, a socket there and back',
  needs: ['laptop.bastion'],
  run: askRoutes,
};

export function bastionChecks(hasRoutes: boolean): Check[] {
  return [
    ...(hasRoutes ? [routeTable] : []),
    ...reachChecks({
      group: 'bastion',
      who: 'Bastion',
      needs: ['laptop.bastion'],
      of: (inspection) => inspection.bastion,
    }),
    {
      id: 'bastion.pinned-key',
      title: 'Bastion: the key in the profile',
      tried: 'compared its host key with the profile',
      needs: [...loggedIn, 'laptop.profile'],
      run: (inspection) => askPinnedKey(inspection),
    },
    {
      id: 'bastion.shell',
      title: 'Bastion: login shell',
      tried: 'ran echo through it',
      needs: loggedIn,
      run: async (inspection, signal) => askShell(await connectionOf(inspection), signal),
    },
    {
      id: 'bastion.clock',
      title: 'Bastion: clock',
      tried: 'asked it for the time',
      needs: ['bastion.shell'],
      run: async (inspection, signal) =>
        askClock(await inspection.bastion.host(), () => inspection.context.clock.now(), { signal }),
    },
    {
      id: 'bastion.one-host',
      title: 'Bastion: one machine',
      tried: 'logged in at every address of its name and asked who it is',
      needs: ['bastion.shell', 'laptop.profile'],
      run: askOneHost,
    },
    ...forwardingChecks(),
    ...accountChecks(),
    ...controlChecks(),
  ];
}

function forwardingChecks(): Check[] {
  const forwarding = onceFor((inspection, signal) => forwardingOf(inspection, signal));
  return [
    {
      id: 'bastion.listen',
      title: 'Bastion: forwards from a socket (first hop)',
      tried: 'had it listen on a socket in a directory of a moment',
      needs: ['bastion.shell'],
      run: async (inspection, signal) => judgeListen(await forwarding(inspection, signal)),
    },
    {
      id: 'bastion.dial',
      title: 'Bastion: forwards to a socket (second hop)',
      tried: 'sent a word through that socket and back',
      needs: ['bastion.listen'],
      run: async (inspection, signal) => judgeDial(await forwarding(inspection, signal)),
    },
    {
      id: 'bastion.unlink',
      title: 'Bastion: keeps sockets that are there',
      tried: 'listened on the same path again (StreamLocalBindUnlink)',
      needs: ['bastion.listen'],
      run: async (inspection, signal) => judgeReplaces(await forwarding(inspection, signal)),
    },
  ];
}

function accountChecks(): Check[] {
  return [
    {
      id: 'bastion.state-dir',
      title: 'Bastion: directory of state',
      tried: 'wrote a file and ran a program in it, and looked how much is free',
      needs: ['bastion.shell'],
      async run(inspection, signal) {
        const facts = await askDirectory(await inspection.bastion.host(), await inspection.bastion.stateDir(), {
          signal,
        });
        return judgeDirectory(facts, {
          what: "control's programs and database",
          setting: 'bastion.stateDir',
          leastKb: 20_480,
          goodKb: 524_288,
          runsPrograms: true,
          isLocal: false,
        });
      },
    },
    {
      id: 'bastion.runtime',
      title: 'Bastion: Node',
      tried: 'looked which Node would run control',
      needs: ['bastion.shell'],
      run: async (inspection, signal) =>
        askRuntime(await inspection.bastion.host(), (await inspection.bastion.config()).node, {
          context: inspection.context,
          setting: 'bastion.node',
          signal,
        }),
    },
    {
      id: 'bastion.authorized-keys',
      title: 'Bastion: authorized_keys',
      tried: 'looked whether this account may edit it',
      needs: ['bastion.shell'],
      run: async (inspection, signal) =>
        askAuthorizedKeys(
          await inspection.bastion.host(),
          (await inspection.bastion.config()).authorizedKeysFile,
          signal,
        ),
    },
    {
      id: 'bastion.stays',
      title: 'Bastion: processes stay after logout',
      tried: 'started one, logged out, and looked for it',
      needs: ['bastion.shell'],
      run: askStays,
    },
  ];
}

function controlChecks(): Check[] {
  return [
    {
      id: 'bastion.run-dir',
      title: 'Bastion: directory of sockets',
      tried: 'looked at its owner, its mode, its file system and what lies in it',
      needs: ['bastion.shell', 'laptop.profile'],
      async run(inspection, signal) {
        const profile = await inspection.profile();
        if (!profile) return { status: 'skipped', found: 'skipped because the bastion is not prepared yet' };
        return askRunDirectory(await inspection.bastion.host(), profile, signal);
      },
    },
    {
      id: 'bastion.gate',
      title: 'Bastion: gate',
      tried: 'ran the gate, which starts control if it is gone',
      needs: ['bastion.run-dir', 'bastion.pinned-key'],
      cure: 'Run `fairlead init` again: it puts the gate in place.',
      run: askGate,
    },
    {
      id: 'bastion.control',
      title: 'Bastion: control',
      tried: 'asked control who it is, through its socket',
      needs: ['bastion.gate', 'bastion.dial'],
      limitMs: 15_000,
      cure: 'Run `fairlead init` again: it mends profile and token. Where control hangs, end it there (its process is in control.pid in the directory of sockets): the next command starts it anew.',
      run: askControl,
    },
    {
      id: 'bastion.end-to-end',
      title: 'Bastion: encryption past it',
      tried: 'asked control which deployments are encrypted from the consumer to the node',
      needs: ['bastion.control', 'laptop.cluster'],
      run: askEndToEnd,
    },
  ];
}

async function forwardingOf(inspection: Inspection, signal: AbortSignal): Promise<ForwardingFacts> {
  return tryForwarding(await connectionOf(inspection), { clock: inspection.context.clock, signal });
}

async function askStays(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const target = withoutQuestions(await inspection.bastion.target());
  try {
    return judgeStays(await tryStays(target, await connectionOf(inspection), signal));
  } catch (error) {
    if (!target.system || !isCodedError(error, 'auth_failed', 'passphrase_needed')) throw error;
    return { status: 'skipped', found: 'skipped because a second login would ask you again' };
  }
}

/** Several checks read one try. */
function onceFor<T>(make: (inspection: Inspection, signal: AbortSignal) => Promise<T>): typeof make {
  let made: Promise<T> | undefined;
  return (inspection, signal) => (made ??= make(inspection, signal));
}
