// The keys that this connection has given out. A request that carries a former one is sent with the key of today's endpoint.

import type { Secret } from '@fairlead/kit';

export interface KeyRing {
  /** The key as text, for a program of the caller's; noted as given out. */
  give(key: Secret): string;
  /** Sets the endpoint's key where the request has none, or a former one of this deployment. A foreign key stays unchanged. */
  authorize(headers: Headers, key: Secret): void;
}

export function createKeyRing(): KeyRing {
  const given: Secret[] = [];
  const isGiven = (text: string) => given.some((key) => key.matches(text));
  return {
    give(key) {
      const text = key.reveal();
      if (!isGiven(text)) given.push(key);
      return text;
    },
    authorize(headers, key) {
      const bearer = /^Bearer (.*)$/i.exec(headers.get('authorization') ?? '')?.[1];
      const apiKey = headers.get('x-api-key');
      if (apiKey !== null && isGiven(apiKey)) headers.set('x-api-key', key.reveal());
      if (bearer === undefined ? !headers.has('authorization') && apiKey === null : isGiven(bearer))
        headers.set('authorization', `Bearer ${key.reveal()}`);
    },
  };
}
