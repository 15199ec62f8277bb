// Name, port, host key and login of one SSH host, as four checks of one attempt.

import { isIP } from 'node:net';

import { errorText, isCodedError } from '@fairlead/kit';
import { type SshTarget, targetLabel } from '@fairlead/ssh';

import { type Check, type Finding, passed } from '../check.ts';
import type { Reached, Inspection } from '../inspection.ts';
import { lookUp } from './look-up.ts';
import { type Attempt, loginSteps, type LoginStep } from './try-login.ts';

const words: Record<LoginStep, { title: string; tried: string }> = {
  name: { title: 'name', tried: 'looked its address up' },
  port: { title: 'SSH port', tried: 'connected to its SSH port' },
  'host-key': { title: 'host key', tried: 'compared its host key with known_hosts' },
  login: { title: 'login', tried: 'logged in as every command does' },
};

const fallbackTodo: Record<LoginStep, string> = {
  name: 'Check the name in the configuration and in ~/.ssh/config; some names need a VPN.',
  port: 'Check host and port, that an SSH server runs there, and that no firewall or VPN is in the way.',
  'host-key': 'Ask the operator of the host for the right fingerprint before you accept another key.',
  login: 'Log in once by hand with ssh; it says what the server wants.',
};

export interface ReachOptions {
  group: 'bastion' | 'login';
  /** In the titles: `Bastion`. */
  who: string;
  needs: readonly string[];
  of: (inspection: Inspection) => Reached;
}

export function reachChecks({ group, who, needs, of }: ReachOptions): Check[] {
  return loginSteps.map((step, at) => ({
    id: `${group}.${step}`,
    title: `${who}: ${words[step].title}`,
    tried: words[step].tried,
    needs: at === 0 ? needs : [`${group}.${loginSteps[at - 1]}`],
    run: async (inspection) => judgeStep(step, await of(inspection).attempt(), await describe(step, of(inspection))),
  }));
}

/** Pure: what one attempt says about one step. An attempt that ended earlier is not asked. */
export function judgeStep(step: LoginStep, attempt: Attempt, found: string): Finding {
  if (attempt.ok || attempt.failedAt !== step) return passed(found);
  return { status: 'fail', found: attempt.error.message, todo: attempt.error.hint ?? fallbackTodo[step] };
}

async function describe(step: LoginStep, reached: Reached): Promise<string> {
  const attempt = await reached.attempt();
  const target = attempt.ok ? attempt.target : await targetIfKnown(reached);
  if (!target) return '';
  switch (step) {
    case 'name':
      return addressesOf(target);
    case 'port':
      return `${target.host} port ${target.port} answers${throughJump(target)}`;
    case 'host-key':
      return attempt.ok ? `${attempt.connection.hostKey.type} ${attempt.connection.hostKey.fingerprint}` : 'known';
    case 'login':
      return `logged in as ${target.user}${target.system ? " with the system's ssh" : ''}`;
  }
}

/** Undefined where the name means no host: the attempt says why. */
async function targetIfKnown(reached: Reached): Promise<SshTarget | undefined> {
  try {
    return await reached.target();
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}

async function addressesOf(target: SshTarget): Promise<string> {
  if (target.jump) return `${targetLabel(target)}${throughJump(target)}`;
  if (isIP(target.host) !== 0) return target.host;
  const found = await lookUp(target.host);
  if ('error' in found) return `${target.host}: ${errorText(found.error)}`;
  return `${target.host} is ${found.addresses.join(', ')}`;
}

function throughJump({ jump }: SshTarget): string {
  return jump ? `, through ${targetLabel(jump)}` : '';
}
