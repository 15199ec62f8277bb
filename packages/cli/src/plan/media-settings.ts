// What a request may have vLLM fetch besides what it holds: nothing, unless the configuration opens it. Pure.

import type { ClusterConfig } from '@fairlead/protocol';

export interface MediaSettings {
  /** A flag and its values; a vLLM that does not know the flag (before 0.11) is started without them. */
  optionalArguments: string[];
  arguments: string[];
  env: Record<string, string>;
}

/** vLLM allows every host where its list is empty. No host has this name (RFC 6761). vLLM shows the list, and so this name, in its refusal. */
export const NO_HOST = 'none-see-mediaDomains-in-fairlead-yaml.invalid';

type VllmSettings = NonNullable<ClusterConfig['engines']>['vllm'];

/** `given`: the arguments of preset and configuration; where they name the flags themselves, they are obeyed. */
export function mediaSettings(settings: VllmSettings, given: readonly string[]): MediaSettings {
  const { mediaDomains = [], mediaPath } = settings ?? {};
  const isOpen = mediaDomains.includes('*');
  const domains = mediaDomains.length === 0 ? [NO_HOST] : mediaDomains.map((domain) => domain.toLowerCase());
  const isBounded = !isOpen && !names(given, 'allowed-media-domains');
  return {
    optionalArguments: isBounded ? ['--allowed-media-domains', ...domains] : [],
    // Without it vLLM refuses every file.
    arguments:
      mediaPath === undefined || names(given, 'allowed-local-media-path')
        ? []
        : ['--allowed-local-media-path', mediaPath],
    // A host that is allowed could send vLLM on to one that is not.
    env: isOpen ? {} : { VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0' },
  };
}

/** argparse takes `_` for `-`, and the value after `=`. */
function names(given: readonly string[], flag: string): boolean {
  return given.some((word) => word.split('=')[0]?.replaceAll('_', '-') === `--${flag}`);
}
