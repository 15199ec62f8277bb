// What leaves control by HTTP: the fields of the schema and no other.

import { Secret } from '@fairlead/kit';
import { controlWelcome, healthView } from '@fairlead/protocol';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';

import { answer } from './answer.ts';

describe('an answer', () => {
  it('leaves out a field that its schema does not name', async () => {
    const record = { enrolmentHash: 'spread by mistake' };
    const view = { ok: true, ...record };
    const app = new Hono().get('/', (context) => answer(context, healthView, view));
    expect(await (await app.request('/')).json()).toEqual({ ok: true });
  });

  it('holds the text of a secret where its schema says so', async () => {
    const secret = new Secret('fli_x');
    const schema = controlWelcome.pick({ instanceToken: true });
    const app = new Hono().get('/', (context) => answer(context, schema, { instanceToken: secret }, 201));
    const made = await app.request('/');
    expect([made.status, await made.text()]).toEqual([201, '{"instanceToken":"fli_x"}']);
    expect(made.headers.get('content-type')).toBe('application/json');
  });
});
