// What a request may have vLLM fetch besides what it holds: nothing, unless the configuration opens it. Pure.

import type { OptionalArguments } from '../port/engine-kind.ts';
import { namesFlag } from '../port/flags.ts';

export interface MediaSettings {
  /** A vLLM that does not know the flag (before 0.11) is started without it. */
  optional: OptionalArguments | undefined;
  arguments: string[];
  env: Record<string, string>;
}

/** vLLM allows every host where its list is empty. No host has this name (RFC 6761). vLLM shows the list, and so this name, in its refusal. */
export const noHost = 'none-see-mediaDomains-in-fairlead-yaml.invalid';

/** `given`: the arguments of preset and configuration; where they name the flags themselves, they are obeyed. */
export function mediaSettings(
  { mediaDomains = [], mediaPath }: { mediaDomains?: string[] | undefined; mediaPath?: string | undefined },
  given: readonly string[],
): MediaSettings {
  const isOpen = mediaDomains.includes('*');
  const domains = mediaDomains.length === 0 ? [noHost] : mediaDomains.map((domain) => domain.toLowerCase());
  const isBounded = !isOpen && !namesFlag(given, '--allowed-media-domains');
  return {
    optional: isBounded
      ? {
          words: ['--allowed-media-domains', ...domains],
          without: 'a request may have it fetch any URL',
          hint: 'Use a newer vLLM: docs/security.md says what is open until then.',
        }
      : undefined,
    // Without it vLLM refuses every file.
    arguments:
      mediaPath === undefined || namesFlag(given, '--allowed-local-media-path')
        ? []
        : ['--allowed-local-media-path', mediaPath],
    // A host that is allowed could send vLLM on to one that is not.
    env: isOpen ? {} : { VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0' },
  };
}
