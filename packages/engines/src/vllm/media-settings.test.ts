import { expect, it } from 'vitest';
import { mediaSettings, noHost } from './media-settings.ts';

const bounded = (...hosts: string[]): unknown =>
  expect.objectContaining({ words: ['--allowed-media-domains', ...hosts] });

it('mediaSettings lets vLLM fetch nothing unless the configuration allows it', () => {
  const closed = {
    optional: bounded(noHost),
    arguments: [],
    env: { VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0' },
  };
  expect(mediaSettings({}, [])).toEqual(closed);
  expect(mediaSettings({ mediaDomains: [] }, ['--max-model-len', '8192'])).toEqual(closed);
});

it('mediaSettings allows what the configuration names: hosts, any host, a directory', () => {
  const hosts = mediaSettings({ mediaDomains: ['Img.example.org', 'cdn.example.org'], mediaPath: '/data/img' }, []);
  expect(hosts).toEqual({
    optional: bounded('img.example.org', 'cdn.example.org'),
    arguments: ['--allowed-local-media-path', '/data/img'],
    env: { VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0' },
  });
  expect(mediaSettings({ mediaDomains: ['*'] }, [])).toEqual({ optional: undefined, arguments: [], env: {} });
});

it.each([['--allowed-media-domains'], ['--allowed_media_domains=x.org']])(
  'mediaSettings leaves it to arguments that say it themselves: %s',
  (word) => {
    expect(mediaSettings({}, [word, 'x.org']).optional).toBeUndefined();
  },
);
