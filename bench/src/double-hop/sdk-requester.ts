// The SDK's own fetch, over its SSH connection without a local port.

import { defined } from '@fairlead/kit';
import { connect } from '@fairlead/client';

import type { Requester } from './requester.ts';

export interface SdkAddress {
  deployment: string;
  profile: string;
  home: string;
  mux: boolean;
}

export async function openSdkRequester({ deployment, profile, home, mux }: SdkAddress): Promise<Requester> {
  const connection = await connect(deployment, { port: false, mux, profile, env: { HOME: home } });
  return {
    async send({ body, expect, onData, signal }) {
      const response = await connection.fetch('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body as Uint8Array<ArrayBuffer>,
        ...defined({ signal }),
      });
      if (response.status !== expect) throw new Error(`answered ${response.status} ${await response.text()}`);
      try {
        for await (const piece of response.body ?? []) onData(piece);
      } catch (error) {
        if (!signal?.aborted) throw error;
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
