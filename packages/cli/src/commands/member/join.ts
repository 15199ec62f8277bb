// `fairlead join <line>`: redeems an invitation to a gateway, and keeps the key that it becomes.

import { text as readAll } from 'node:stream/consumers';

import {
  createGatewayCalls,
  dialGateway,
  gatewayNameOf,
  gatewaysDir,
  type GatewayUrl,
  isGatewayName,
  isOpenOnTheWay,
  parseGatewayUrl,
  profilePath,
  readGatewayPlace,
  tryGatewaysDir,
  writeGatewayPlace,
} from '@fairlead/client/gateway';
import { CodedError, defined, errorText, Secret, untilAborted } from '@fairlead/kit';

import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { dateText, keyModelsText } from '../gateway/key-text.ts';

export interface JoinArgs {
  /** Absent: it is asked for, or read from standard input. */
  line?: string | undefined;
  name?: string | undefined;
  url?: string | undefined;
}

export async function runJoin(args: JoinArgs, context: Context): Promise<void> {
  const { output, clock, signal } = context;
  const { invite, url } = readJoinLine(args.line ?? (await askForLine(context)), args.url);
  const dir = gatewaysDir(profilePath(context.env, context.home));
  const name = nameOf(args.name, url);
  await refuseOther(dir, name, url);
  await refuseUnkept(dir);
  if (isOpenOnTheWay(url))
    output.warn(`${url.href} is not encrypted: the key, prompts and answers can be read on the way to it.`);
  output.busy(`joining ${url.href}`);
  const dial = (until: AbortSignal | undefined) => dialGateway(url, { clock, signal: until });
  const key = await createGatewayCalls({ url, dial }).join(invite, { signal });
  const { member, team, models, expiresMs, id: keyId, key: apiKey } = key;
  const joinedMs = clock.now();
  await writeGatewayPlace(dir, name, {
    version: 1,
    url: url.href,
    apiKey,
    keyId,
    member,
    joinedMs,
    ...defined({ team }),
  });
  const until = expiresMs === undefined ? '' : `, until ${dateText(expiresMs)}`;
  output.result(
    {
      event: 'gateway.joined',
      ok: true,
      gateway: name,
      url: url.href,
      member,
      keyId,
      ...defined({ team, models, expiresMs }),
    },
    `You are ${member} at ${name} (${url.href}), for ${keyModelsText(models)}${until}. Your key is kept on this machine.\n\nSee its models: fairlead models --gateway ${name}`,
  );
}

async function askForLine({ ask, streams, signal }: Context): Promise<string> {
  if (ask) return (await ask.secret('The line that you were given')) ?? '';
  return untilAborted(readAll(streams.stdin), signal);
}

/** Also as it was printed: with `fairlead join` before it. Throws `usage`. */
function readJoinLine(text: string, otherUrl: string | undefined): { invite: Secret; url: GatewayUrl } {
  const [, code, url] = /^(?:fairlead\s+join\s+)?(flj_[^@\s]+)@(https?:\/\/\S+)$/.exec(text.trim()) ?? [];
  if (code !== undefined && url !== undefined)
    return { invite: new Secret(code), url: parseGatewayUrl(otherUrl ?? url) };
  throw new CodedError<CliErrorCode>('usage', 'cannot join because this is no line of `fairlead members add`', {
    hint: 'Copy the whole of it: flj_…@https://….',
  });
}

function nameOf(given: string | undefined, url: GatewayUrl): string {
  const name = given ?? gatewayNameOf(url.host);
  if (isGatewayName(name)) return name;
  throw new CodedError<CliErrorCode>('usage', `cannot use --name because it is no name: got ${JSON.stringify(name)}`, {
    hint: 'It has letters, digits, `.`, `_` and `-`, at most 64, and begins with a letter or digit.',
  });
}

/** Before the line is used up. */
async function refuseOther(dir: string, name: string, url: GatewayUrl): Promise<void> {
  const known = await readGatewayPlace(dir, name);
  if (!known || known.url === url.href) return;
  throw new CodedError<CliErrorCode>(
    'usage',
    `cannot call this gateway ${name} because ${known.url} has that name here`,
    {
      hint: 'Choose another: --name. The line is still good.',
    },
  );
}

/** The line is good once: a key that cannot be kept would be lost with it. */
async function refuseUnkept(dir: string): Promise<void> {
  try {
    await tryGatewaysDir(dir);
  } catch (error) {
    throw new CodedError<CliErrorCode>(
      'usage',
      `cannot join because your key cannot be kept in ${dir}: got ${errorText(error)}`,
      { hint: 'Make room there, or see to whom that folder belongs. The line is still good.', cause: error },
    );
  }
}
