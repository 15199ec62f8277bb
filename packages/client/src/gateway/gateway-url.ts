// The URL of a gateway, taken apart. Pure.

import { CodedError } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';

export interface GatewayUrl {
  /** Without a slash, and without `/v1`, at its end. */
  href: string;
  isTls: boolean;
  hostname: string;
  port: number;
  /** What the Host field says. */
  host: string;
  /** Where the gateway has a path of its own behind a proxy: `/llm`. */
  prefix: string;
}

/** Throws `gateway_url_invalid`. */
export function parseGatewayUrl(text: string): GatewayUrl {
  const url = URL.parse(text);
  const isTls = url?.protocol === 'https:';
  if (!url || (!isTls && url.protocol !== 'http:') || url.search || url.hash || url.username || url.password)
    throw new CodedError<ClientErrorCode>(
      'gateway_url_invalid',
      `cannot reach a gateway because this is no URL of one: got ${JSON.stringify(text.slice(0, 200))}`,
      { hint: 'It begins with https:// or http://, and has no query and no password.' },
    );
  const prefix = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  return {
    href: `${url.origin}${prefix}`,
    isTls,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    host: url.host,
    prefix,
  };
}

const loopback = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/;

/** What goes over a network without encryption: the key, prompts and answers. */
export function isOpenOnTheWay({ isTls, hostname }: Pick<GatewayUrl, 'isTls' | 'hostname'>): boolean {
  return !isTls && !loopback.test(hostname);
}
