// Further routes to a bastion that is known by its host key: other names of it in ssh_config, other addresses of it that
// answer inside the cluster. Only looks, without a login.

import { isCodedError } from '@fairlead/kit';
import type { SshRoute } from '@fairlead/protocol';
import { askEachRoute, knowsHostKey } from '@fairlead/ssh';

import { launchRun } from '../launch/launch-run.ts';
import type { Context } from '../context.ts';
import type { Host } from '@fairlead/launch';
import { resolveRoute } from '@fairlead/launch/login';
import { routesFor } from '../ssh/open-routes.ts';
import type { Address } from './bastion-addresses.ts';

export interface KnownBastion {
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
  /** Those that are configured. */
  routes: readonly SshRoute[];
}

const timeoutMs = 3_000;

/** Names of ssh_config that lead to the same host: the same HostName otherwise reached, or the same key in known_hosts; and it answers. */
export async function findOutside(
  names: readonly string[],
  { hostKey, routes }: KnownBastion,
  context: Context,
): Promise<SshRoute[]> {
  const configured = await Promise.all(routes.map((route) => resolveRoute(route, launchRun(context))));
  const isConfigured = (name: string) => routes.some(({ host }) => host === name);
  const others = names.filter((name) => !isConfigured(name));
  const same = await Promise.all(
    others.map(async (name) => {
      const target = await resolveRoute({ host: name }, launchRun(context)).catch(() => undefined);
      if (!target) return false;
      const [first] = configured;
      const isTwin = configured.some(
        ({ host, port, jump }) => host === target.host && port === target.port && jump?.host === target.jump?.host,
      );
      const isSameHost = target.host === first?.host || (await knowsHostKey(target, hostKey).catch(() => false));
      return isSameHost && !isTwin && target.user === first?.user;
    }),
  );
  const candidates = others.filter((_, index) => same[index]).map((host): SshRoute => ({ host }));
  const asked = routesFor(candidates, context, { pinned: [hostKey] });
  const answers = await askEachRoute(asked, { limitMs: timeoutMs, signal: context.signal });
  return candidates.filter((_, index) => answers[index]?.outcome === 'answered');
}

/** Side by side; each line: the address, then what ssh-keyscan says. */
const scanScript = `
command -v ssh-keyscan >/dev/null 2>&1 || exit 0
for at in "$@"; do
  ssh-keyscan -T 3 -p "\${at##*,}" "\${at%,*}" 2>/dev/null | sed "s|^|$at |" &
done
wait
`;

/** How the login host resolves names. */
const namesScript = `
for name in "$@"; do
  getent ahosts "$name" 2>/dev/null | awk -v name="$name" '{ print name, $1 }' | sort -u
done
`;

export interface InsideQuestion {
  hostKey: string;
  /** Those that the bastion says it has. */
  addresses: readonly Address[];
  /** Names under which jobs reach it already. */
  known: readonly string[];
}

/**
 * Of the bastion's own addresses those at which it shows its key to the login host, each once: by its name where it has
 * one there. Compute nodes mostly see the same. None where the login host cannot be asked: it is only for suggestions.
 */
export async function findInside(login: Host, question: InsideQuestion, context: Context): Promise<Address[]> {
  const { addresses, known } = question;
  if (addresses.length === 0) return [];
  const ask = async (script: string, args: readonly string[]) => {
    const options = { signal: context.signal, timeoutMs: 20_000 };
    return (await login.runner.run(['sh', '-c', script, 'sh', ...args], options)).stdout;
  };
  const hosts = addresses.map(({ host }) => host);
  const places = addresses.map(({ host, port }) => `${host},${port}`);
  try {
    const [scanned, names] = await Promise.all([ask(scanScript, places), ask(namesScript, [...known, ...hosts])]);
    return newAddresses({ scanned, names }, question);
  } catch (error) {
    context.signal.throwIfAborted();
    if (isCodedError(error)) return [];
    throw error;
  }
}

/** Pure. */
export function newAddresses(
  said: { scanned: string; names: string },
  { hostKey, addresses, known }: InsideQuestion,
): Address[] {
  const [, key = ''] = hostKey.split(' ');
  const shown = wordsOf(said.scanned).filter(([, , , found]) => found === key);
  const answering = addresses.filter(({ host, port }) => shown.some(([at]) => at === `${host},${port}`));
  const names = wordsOf(said.names);
  const addressesOf = (name: string) => names.filter(([named]) => named === name).map(([, address = '']) => address);
  const taken = new Set(known.flatMap((name) => [name, ...addressesOf(name)]));
  return answering.filter(({ host }) => {
    const all = [host, ...addressesOf(host)];
    const isNew = all.every((address) => !taken.has(address));
    for (const address of all) taken.add(address);
    return isNew;
  });
}

function wordsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}
