import { describe, expect, it } from 'vitest';

import { hideSecrets, refuseSecretArguments } from './hide-secrets.ts';

it('hideSecrets hides values with a secret name, and no others', () => {
  const config = (token: string) => ({
    presets: { mine: { model: 'a/b', env: { HF_TOKEN: token, HF_HOME: '/scratch' } } },
    clusters: { big: { tokenFile: '~/.hf-token', engines: { vllm: { env: { WANDB_API_KEY: token }, args: ['x'] } } } },
  });
  expect(hideSecrets(config('hf_of_alice'))).toEqual(config('***'));
});

describe('refuseSecretArguments', () => {
  it.each([
    [['--dtype', 'half', '--api-key', 'of-alice'], /--api-key because/, /a key of its own/],
    [['--hf-token=of-alice'], /--hf-token because/, /tokenFile/],
    [['--hf_token', 'of-alice'], /--hf-token because/, /tokenFile/],
  ])('refuses %j without saying the secret', (args, message, hint) => {
    const refuse = () => refuseSecretArguments(args, ['--api-key', '--hf-token']);
    expect(refuse).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
    expect(refuse).not.toThrow(/of-alice/);
  });

  it.each([[['--hf-token']], [['--hf-token', '--dtype', 'half']], [['--max-model-len', '4096']]])('takes %j', (args) =>
    expect(refuseSecretArguments(args, ['--api-key', '--hf-token'])).toBeUndefined(),
  );
});
