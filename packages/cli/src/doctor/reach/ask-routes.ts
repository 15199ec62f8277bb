// Each of several routes to the bastion, tried to its end: name, port, banner, host key, login, forwarding. Side by side.

import { isIP } from 'node:net';

import { type Clock, CodedError, defined, errorText } from '@fairlead/kit';
import { asList } from '@fairlead/config';
import type { SshRoute } from '@fairlead/protocol';
import { openSsh, type SshConnection, type SshTarget } from '@fairlead/ssh';

import { nameOf, routesFor } from '../../ssh/open-routes.ts';
import { withoutQuestions } from '../../ssh/without-questions.ts';
import { type ForwardingFacts, type Trying, tryForwarding } from '../bastion/forwarding.ts';
import { fail, type Finding, passed, type RouteReport, warn } from '../check.ts';
import type { Inspection } from '../inspection.ts';
import { askBanner } from './ask-banner.ts';
import { lookUp } from './look-up.ts';

const bannerMs = 5_000;
const loginMs = 10_000;

export async function askRoutes(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const list = asList((await inspection.bastion.config()).fromLaptop);
  const attempt = await inspection.bastion.attempt();
  const pinned =
    (await inspection.profile())?.bastion.hostKeys ?? (attempt.ok ? [keyLine(attempt.connection)] : undefined);
  const routes = routesFor(list, inspection.context, { pinned });
  const reports = await Promise.all(
    list.map(async (route, index) => {
      const isTaken = attempt.ok && attempt.taken?.index === index;
      const connection = isTaken ? attempt.connection : undefined;
      const ask: Asked = { route, target: routes[index]!.target, clock: inspection.context.clock, connection };
      return askRoute(ask, signal);
    }),
  );
  return judgeRoutes(reports);
}

interface Asked {
  route: SshRoute;
  target: () => Promise<SshTarget>;
  clock: Clock;
  /** Where this route is the one that is used: a person is not asked a second time. */
  connection: SshConnection | undefined;
}

async function askRoute(
  { route, target: resolve, clock, connection }: Asked,
  signal: AbortSignal,
): Promise<RouteReport> {
  const report: RouteReport = { name: nameOf(route), taken: connection !== undefined };
  try {
    const target = await resolve();
    await askWay(report, target, signal);
    if (connection) return await askConnection(report, connection, { clock, signal });
    const limited = { ...withoutQuestions(unasked(target)), connectTimeoutMs: loginMs };
    await using opened = await openSsh(limited, { signal });
    return await askConnection(report, opened, { clock, signal });
  } catch (error) {
    signal.throwIfAborted();
    const { code, hint } = error instanceof CodedError ? error : { code: 'unknown', hint: undefined };
    return { ...report, failure: { code, message: errorText(error), ...defined({ hint }) } };
  }
}

/** For a host behind a jump host or a ProxyCommand, only that one can look it up and dial it. */
async function askWay(report: RouteReport, target: SshTarget, signal: AbortSignal): Promise<void> {
  if (target.jump || target.system?.settings.isProxied || target.system?.proxyJump) return;
  if (isIP(target.host) === 0) {
    const found = await lookUp(target.host);
    if ('addresses' in found && found.addresses.length > 0) report.addresses = found.addresses;
  }
  const banner = await askBanner(target, bannerMs, signal);
  if (banner !== undefined) report.banner = banner;
}

async function askConnection(report: RouteReport, connection: SshConnection, trying: Trying): Promise<RouteReport> {
  const { type, fingerprint } = connection.hostKey;
  const known = { ...report, hostKey: `${type} ${fingerprint}`, loggedIn: true };
  const { listen, dial }: ForwardingFacts = await tryForwarding(connection, trying);
  return { ...known, mayForward: listen.ok && (dial?.ok ?? false) };
}

/** Only the login that is used may ask the person. */
function unasked(target: SshTarget): SshTarget {
  const { askPassphrase: _, ...auth } = target.auth;
  return { ...target, auth };
}

function keyLine({ hostKey }: SshConnection): string {
  return `${hostKey.type} ${hostKey.base64}`;
}

/** Pure. A route that leads to another host is a failure, however many others serve; one that is silent is a warning. */
export function judgeRoutes(routes: readonly RouteReport[]): Finding {
  const found = routes.map((route, index) => `${index + 1} ${describe(route)}`).join('\n');
  const wrong = routes.find(({ failure }) => failure?.code === 'host_key_changed');
  const finding = pick(routes, wrong, found);
  return { ...finding, routes: [...routes] };
}

function pick(routes: readonly RouteReport[], wrong: RouteReport | undefined, found: string): Finding {
  if (wrong)
    return fail(
      found,
      `${wrong.name} leads to another host, or another machine answers in between: it is never used. Take it out of bastion.fromLaptop, or ask its operator for the right fingerprint.`,
    );
  if (!routes.some(({ loggedIn }) => loggedIn))
    return fail(found, routes[0]?.failure?.hint ?? 'Check hosts, ports and keys of bastion.fromLaptop.');
  const lame = routes.filter(({ failure, mayForward }) => failure || !mayForward);
  if (lame.length === 0) return passed(`all serve\n${found}`);
  return warn(
    found,
    `${lame.map(({ name }) => name).join(', ')} cannot stand in for the others. ${lame[0]?.failure?.hint ?? 'The server must forward unix sockets there, too.'}`,
  );
}

function describe({ name, addresses, banner, hostKey, loggedIn, mayForward, taken, failure }: RouteReport): string {
  const parts = [
    addresses && addresses.join(' '),
    banner,
    hostKey,
    loggedIn && 'logged in',
    loggedIn && (mayForward ? 'may forward' : 'may not forward'),
    failure && `failed: ${failure.message}`,
    taken && 'in use',
  ];
  return `${name}: ${parts.filter(Boolean).join(', ')}`;
}
