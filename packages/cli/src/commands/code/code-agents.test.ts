import { describe, expect, it } from 'vitest';

import { codeAgents, outputTokensOf } from './code-agents.ts';

const target = { baseURL: 'http://127.0.0.1:18000/v1', model: 'org/"m"', contextTokens: 8_192 };
const setupOf = (name: string) => codeAgents.find((agent) => agent.name === name)!.configure(target);

describe('The configuration of a coding agent', () => {
  it('leads opencode to the model, asks for no more than it can answer, and for no other provider', () => {
    const { files, env } = setupOf('opencode');
    expect(files).toEqual({});
    const config = JSON.parse(env('/f')['OPENCODE_CONFIG_CONTENT']!) as object;
    expect(config).toMatchObject({
      model: 'fairlead/org/"m"',
      small_model: 'fairlead/org/"m"',
      enabled_providers: ['fairlead'],
      share: 'disabled',
      provider: {
        fairlead: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: target.baseURL, apiKey: '{env:FAIRLEAD_CODE_KEY}' },
          models: { 'org/"m"': { limit: { context: 8_192, output: 2_048 } } },
        },
      },
    });
  });

  it('leads codex to the model by /v1/responses, in a folder of its own', () => {
    const { files, env } = setupOf('codex');
    expect(env('/f')).toEqual({ CODEX_HOME: '/f' });
    expect(files['config.toml']).toBe(`model = "org/\\"m\\""
model_provider = "fairlead"
model_context_window = 8192
model_auto_compact_token_limit = 6144
check_for_update_on_startup = false

[model_providers.fairlead]
name = "Fairlead"
base_url = "http://127.0.0.1:18000/v1"
env_key = "FAIRLEAD_CODE_KEY"
wire_api = "responses"
`);
  });

  it.each([
    [512, 256],
    [8_192, 2_048],
    [131_072, 32_000],
  ])('leaves of %d tokens %d for an answer', (context, output) => {
    expect(outputTokensOf(context)).toBe(output);
  });
});
