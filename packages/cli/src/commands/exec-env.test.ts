import { expect, it } from 'vitest';

import { execEnv } from './exec-env.ts';

const deployment = { baseURL: 'http://127.0.0.1:18000/v1', apiKey: 'fl_key', servedModel: 'demo' };

it('execEnv names the deployment for OpenAI and Anthropic clients and keeps the rest', () => {
  expect(execEnv({ PATH: '/bin', NONE: undefined, OPENAI_API_KEY: 'sk-mine' }, deployment)).toEqual({
    PATH: '/bin',
    OPENAI_BASE_URL: 'http://127.0.0.1:18000/v1',
    OPENAI_API_KEY: 'fl_key',
    OPENAI_MODEL: 'demo',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:18000',
    ANTHROPIC_AUTH_TOKEN: 'fl_key',
  });
});

it("execEnv keeps a person's own Anthropic key from the cluster", () => {
  expect(
    Object.values(execEnv({ ANTHROPIC_API_KEY: 'sk-ant', Anthropic_Api_Key: 'sk-ant' }, deployment)),
  ).not.toContain('sk-ant');
});
