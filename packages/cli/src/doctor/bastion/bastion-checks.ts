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
import { connectionOf, type World } from '../world.ts';
import { askAuthorizedKeys } from './authorized-keys.ts';
import { askControl, askGate, askPinnedKey } from './control.ts';
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
  const forwarding = onceFor((world, signal) => forwardingOf(world, signal));
  return [
    ...(hasRoutes ? [routeTable] : []),
    ...reachChecks({ group: 'bastion', who: 'Bastion', needs: ['laptop.bastion'], of: (world) => world.bastion }),
    {
      id: 'bastion.pinned-key',
      title: 'Bastion: the key in the profile',
      tried: 'compared its host key with the profile',
      needs: [...loggedIn, 'laptop.profile'],
      run: (world) => askPinnedKey(world),
    },
    {
      id: 'bastion.shell',
      title: 'Bastion: login shell',
      tried: 'ran echo through it',
      needs: loggedIn,
      run: async (world, signal) => askShell(await connectionOf(world), signal),
    },
    {
      id: 'bastion.clock',
      title: 'Bastion: clock',
      tried: 'asked it for the time',
      needs: ['bastion.shell'],
      run: async (world, signal) => askClock(await world.bastion.host(), () => world.context.clock.now(), { signal }),
    },
    {
      id: 'bastion.one-host',
      title: 'Bastion: one machine',
      tried: 'logged in at every address of its name and asked who it is',
      needs: ['bastion.shell', 'laptop.profile'],
      run: askOneHost,
    },
    {
      id: 'bastion.listen',
      title: 'Bastion: forwards from a socket (first hop)',
      tried: 'had it listen on a socket in a directory of a moment',
      needs: ['bastion.shell'],
      run: async (world, signal) => judgeListen(await forwarding(world, signal)),
    },
    {
      id: 'bastion.dial',
      title: 'Bastion: forwards to a socket (second hop)',
      tried: 'sent a word through that socket and back',
      needs: ['bastion.listen'],
      run: async (world, signal) => judgeDial(await forwarding(world, signal)),
    },
    {
      id: 'bastion.unlink',
      title: 'Bastion: keeps sockets that are there',
      tried: 'listened on the same path again (StreamLocalBindUnlink)',
      needs: ['bastion.listen'],
      run: async (world, signal) => judgeReplaces(await forwarding(world, signal)),
    },
    ...accountChecks(),
    ...controlChecks(),
  ];
}

function accountChecks(): Check[] {
  return [
    {
      id: 'bastion.state-dir',
      title: 'Bastion: directory of state',
      tried: 'wrote a file and ran a program in it, and looked how much is free',
      needs: ['bastion.shell'],
      async run(world, signal) {
        const facts = await askDirectory(await world.bastion.host(), await world.bastion.stateDir(), { signal });
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
      run: async (world, signal) =>
        askRuntime(await world.bastion.host(), (await world.bastion.config()).node, {
          context: world.context,
          setting: 'bastion.node',
          signal,
        }),
    },
    {
      id: 'bastion.authorized-keys',
      title: 'Bastion: authorized_keys',
      tried: 'looked whether this account may edit it',
      needs: ['bastion.shell'],
      run: async (world, signal) =>
        askAuthorizedKeys(await world.bastion.host(), (await world.bastion.config()).authorizedKeysFile, signal),
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
      async run(world, signal) {
        const profile = await world.profile();
        if (!profile) return { status: 'skipped', found: 'skipped because the bastion is not prepared yet' };
        return askRunDirectory(await world.bastion.host(), profile, signal);
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
  ];
}

async function forwardingOf(world: World, signal: AbortSignal): Promise<ForwardingFacts> {
  return tryForwarding(await connectionOf(world), { clock: world.context.clock, signal });
}

async function askStays(world: World, signal: AbortSignal): Promise<Finding> {
  const target = withoutQuestions(await world.bastion.target());
  try {
    return judgeStays(await tryStays(target, await connectionOf(world), signal));
  } catch (error) {
    if (!target.system || !isCodedError(error, 'auth_failed', 'passphrase_needed')) throw error;
    return { status: 'skipped', found: 'skipped because a second login would ask you again' };
  }
}

/** Several checks read one try. */
function onceFor<T>(make: (world: World, signal: AbortSignal) => Promise<T>): typeof make {
  let made: Promise<T> | undefined;
  return (world, signal) => (made ??= make(world, signal));
}
