// The keys this connection has given out: a request with a former one is sent with the one that counts now.

export interface KeyRing {
  /** Notes that a program has this key now. */
  give(key: string): string;
  /** Sets the endpoint's key where there is none, or a former one of this deployment. A foreign key stays as it is. */
  authorize(headers: Headers, key: string): void;
}

export function createKeyRing(): KeyRing {
  const given = new Set<string>();
  return {
    give(key) {
      given.add(key);
      return key;
    },
    authorize(headers, key) {
      const bearer = /^Bearer (.*)$/i.exec(headers.get('authorization') ?? '')?.[1];
      const apiKey = headers.get('x-api-key');
      if (apiKey !== null && given.has(apiKey)) headers.set('x-api-key', key);
      if (bearer === undefined ? !headers.has('authorization') && apiKey === null : given.has(bearer))
        headers.set('authorization', `Bearer ${key}`);
    },
  };
}
