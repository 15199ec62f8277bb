// The coding agents that `fairlead code` starts, and the configuration that leads each to one model and nowhere else. Pure.

export interface CodeTarget {
  baseURL: string;
  /** The name of the model in a request. */
  model: string;
  /** Tokens of the longest request with its answer. */
  contextTokens: number;
}

export interface AgentSetup {
  /** Written into a folder of this run, which is removed after it. */
  files: Readonly<Record<string, string>>;
  /** `folder`: of the files. The key is in `keyVariable`. */
  env: (folder: string) => Record<string, string>;
}

export interface CodeAgent {
  /** As it is typed, and the name of its program. */
  name: string;
  install: string;
  configure: (target: CodeTarget) => AgentSetup;
}

/** Where the agents look for the key: no file has it. */
export const keyVariable = 'FAIRLEAD_CODE_KEY';

/** Most of the context is for what the agent reads. */
export function outputTokensOf(contextTokens: number): number {
  return Math.max(256, Math.min(32_000, Math.floor(contextTokens / 4)));
}

/** https://opencode.ai/docs/config: what the environment says goes before the files of user and project. */
const opencode: CodeAgent = {
  name: 'opencode',
  install: 'npm install -g opencode-ai',
  configure: ({ baseURL, model, contextTokens }) => ({
    files: {},
    env: () => ({
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        $schema: 'https://opencode.ai/config.json',
        model: `fairlead/${model}`,
        small_model: `fairlead/${model}`,
        enabled_providers: ['fairlead'],
        share: 'disabled',
        autoupdate: false,
        provider: {
          fairlead: {
            npm: '@ai-sdk/openai-compatible',
            name: 'Fairlead',
            options: { baseURL, apiKey: `{env:${keyVariable}}` },
            // Without a limit it asks for 32,000 tokens, which a short context refuses.
            models: {
              [model]: { name: model, limit: { context: contextTokens, output: outputTokensOf(contextTokens) } },
            },
          },
        },
      }),
      // The list of other providers' models is not needed.
      OPENCODE_DISABLE_MODELS_FETCH: '1',
    }),
  }),
};

/** https://developers.openai.com/codex/config-reference. It speaks `/v1/responses` alone, and takes providers from its own folder alone. */
const codex: CodeAgent = {
  name: 'codex',
  install: 'npm install -g @openai/codex',
  configure: ({ baseURL, model, contextTokens }) => ({
    files: {
      'config.toml': [
        `model = ${toml(model)}`,
        'model_provider = "fairlead"',
        `model_context_window = ${contextTokens}`,
        // Before the answer would no longer fit.
        `model_auto_compact_token_limit = ${contextTokens - outputTokensOf(contextTokens)}`,
        'check_for_update_on_startup = false',
        '',
        '[model_providers.fairlead]',
        'name = "Fairlead"',
        `base_url = ${toml(baseURL)}`,
        `env_key = "${keyVariable}"`,
        'wire_api = "responses"',
        '',
      ].join('\n'),
    },
    env: (folder) => ({ CODEX_HOME: folder }),
  }),
};

export const codeAgents: readonly CodeAgent[] = [opencode, codex];

/** A basic string of TOML 1.0: the escapes of JSON are among its own. */
function toml(text: string): string {
  return JSON.stringify(text);
}
