// The environment in which programs that know the OpenAI or Anthropic API find a deployment. Pure.

export function execEnv(
  env: Readonly<Record<string, string | undefined>>,
  deployment: { baseURL: string; apiKey: string; servedModel: string },
): Record<string, string> {
  const { baseURL, apiKey, servedModel } = deployment;
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || isSecretOfOthers(name) ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(kept),
    OPENAI_BASE_URL: baseURL,
    OPENAI_API_KEY: apiKey,
    OPENAI_MODEL: servedModel,
    // Anthropic's clients append /v1/messages themselves.
    ANTHROPIC_BASE_URL: baseURL.replace(/\/v1$/, ''),
    ANTHROPIC_AUTH_TOKEN: apiKey,
  };
}

/** Anthropic's clients would send it beside the token: a key for Anthropic is none of the cluster's business. */
function isSecretOfOthers(name: string): boolean {
  return name.toUpperCase() === 'ANTHROPIC_API_KEY';
}
