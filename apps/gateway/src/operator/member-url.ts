// The URL by which members reach a gateway: what its owner says, else where it listens.

import { CodedError, isCodedError } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import { askStatus } from './ask-operator.ts';

/** `given`: by the command. Else the gateway that serves says it. Throws `url_invalid` and `gateway_url_unknown`. */
export async function findMemberUrl(given: string | undefined, stateDir: string): Promise<string> {
  if (given !== undefined) return readMemberUrl(given);
  const { url, address } = await askServing(stateDir);
  if (url !== undefined) return url;
  // A socket has no URL.
  if (address.startsWith('http://')) return address;
  throw unknown(`it listens on the socket ${address}, and was not told its URL`);
}

async function askServing(stateDir: string): Promise<{ url?: string | undefined; address: string }> {
  try {
    return await askStatus(stateDir);
  } catch (error) {
    if (isCodedError(error, 'gateway_not_serving')) throw unknown('none serves now', error);
    throw error;
  }
}

/** Without a slash, and without `/v1`, at its end: clients put their paths behind it. Throws `url_invalid`. */
export function readMemberUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password;
  if (isPlain && (url.protocol === 'https:' || url.protocol === 'http:'))
    return url.href.replace(/\/+$/, '').replace(/\/v1$/, '');
  throw new CodedError<GatewayErrorCode>(
    'url_invalid',
    `cannot use --url because it is no URL of a gateway: got ${JSON.stringify(text)}`,
    { hint: 'Write it as members reach it, such as https://llm.example.org.' },
  );
}

function unknown(why: string, cause?: unknown): CodedError<GatewayErrorCode> {
  return new CodedError(
    'gateway_url_unknown',
    `cannot invite a member because the URL of the gateway is not known: ${why}`,
    {
      hint: 'Say it with --url https://…, here or to `fairlead gateway serve`; or make a key at once, without an invitation: --key.',
      cause,
    },
  );
}
