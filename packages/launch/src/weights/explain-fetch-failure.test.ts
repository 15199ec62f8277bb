import { expect, it } from 'vitest';

import { explainFetchFailure } from './explain-fetch-failure.ts';
import { type FetchFailure, parseFetchLine } from './fetch-line.ts';
import { isOffline, weightsSource } from './weights-source.ts';

const place = { model: 'org/m', revision: 'v9', label: 'login', cache: '/scratch/hf/hub', remainingBytes: 141e9 };
const nothing: FetchFailure = {
  event: 'failed',
  names: ['OSError', 'object'],
  message: '',
  errno: [],
  status: null,
  hasToken: false,
};

// Classes and sentences as huggingface_hub 2.4 gave them.
it.each([
  [
    'an unknown model',
    { names: ['RepositoryNotFoundError', 'HfHubHTTPError'], status: 401 },
    'model_unavailable',
    /knows no such model, or it is private/,
  ],
  ['a name that is none', { names: ['HFValidationError'] }, 'model_unavailable', /knows no such model/],
  ['an unknown revision', { names: ['RevisionNotFoundError'], status: 404 }, 'model_unavailable', /no revision v9/],
  [
    'a gated model without a token',
    { names: ['GatedRepoError', 'RepositoryNotFoundError'], status: 401 },
    'model_unavailable',
    /gated and no token was sent/,
  ],
  [
    'a token without the licence',
    { names: ['GatedRepoError', 'RepositoryNotFoundError'], status: 403, hasToken: true },
    'model_unavailable',
    /licence is not accepted/,
  ],
  [
    'a wrong token',
    { names: ['HfHubHTTPError'], status: 401, hasToken: true },
    'model_unavailable',
    /refuses the token/,
  ],
  ['a model without weights', { names: ['NoWeights'] }, 'model_unavailable', /holds no weights/],
  [
    'no internet',
    {
      names: ['ConnectError', 'NetworkError', 'gaierror'],
      errno: ['-2'],
      message: '[Errno -2] Name or service not known',
    },
    'hub_unreachable',
    /does not reach Hugging Face: \[Errno -2\]/,
  ],
  ['a hub that answers too many', { names: ['HfHubHTTPError'], status: 429 }, 'hub_unreachable', /answers 429/],
  [
    'too little room',
    { names: ['NoRoom'], message: '12000000000', errno: ['ENOSPC'] },
    'disk_full',
    /12\.0 GB are free in \/scratch\/hf\/hub; 141\.0 GB are needed/,
  ],
  ['a full disk', { errno: ['ENOSPC'] }, 'disk_full', /the disk of .* is full/],
  ['a full quota', { errno: ['EDQUOT'] }, 'disk_full', /quota .* is used up/],
  [
    'a full quota in other words',
    { names: ['RuntimeError'], message: 'IO Error: Disk quota exceeded (os error 122)' },
    'disk_full',
    /quota/,
  ],
  [
    'a cache of others',
    { errno: ['EACCES'], message: "[Errno 13] Permission denied: '/models'" },
    'remote_unfit',
    /cannot be written .*\/models/,
  ],
  [
    'files with other hashes',
    { names: ['WrongFiles'], message: 'a.safetensors' },
    'weights_incomplete',
    /not as Hugging Face has them: a\.safetensors/,
  ],
  ['anything else', { names: ['KeyError'], message: 'x' }, 'prefetch_failed', /huggingface_hub failed: x/],
] satisfies Array<[string, Partial<FetchFailure>, string, RegExp]>)(
  'A download names %s',
  (_what, failure, code, message) => {
    const error = explainFetchFailure({ ...nothing, ...failure }, place);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
    expect(error.hint).toMatch(/\w{4}/);
  },
);

it('The lines of the download are read, and those of others are passed over', () => {
  expect(parseFetchLine('fl {"event":"progress","bytes":7}')).toEqual({ event: 'progress', bytes: 7 });
  expect(parseFetchLine('Loading module python/3.11')).toBeUndefined();
  expect(parseFetchLine('fl {"event":"progress"')).toBeUndefined();
});

it.each([
  [['--revision', 'v2', '--download-dir=/w'], { revision: 'v2', cacheDir: '/w' }],
  [['--download_dir', '/w'], { cacheDir: '/w' }],
  [[], {}],
])('Weights are looked for where %j says', (args, found) => {
  const engineSettings = { args, env: {}, options: {}, command: ['apptainer', 'exec', 'v.sif', 'vllm', 'serve'] };
  const source = weightsSource({ model: 'org/m', engine: 'vllm', engineSettings });
  expect(source).toEqual({
    model: 'org/m',
    kind: 'hub',
    env: {},
    command: ['apptainer', 'exec', 'v.sif', 'vllm'],
    ...found,
  });
});

it('Weights are not looked for where an engine makes them up or has none', () => {
  const engineSettings = { args: ['--load-format', 'dummy'], env: {}, options: {} };
  expect(weightsSource({ model: 'org/m', engine: 'vllm', engineSettings })).toBeUndefined();
  expect(
    weightsSource({ model: 'org/m', engine: 'sim', engineSettings: { ...engineSettings, args: [] } }),
  ).toBeUndefined();
});

it('Nodes are offline where the cluster or a variable says so', () => {
  expect(isOffline({ offline: true }, { env: {} })).toBe(true);
  expect(isOffline({ env: { HF_HUB_OFFLINE: '1' } }, { env: {} })).toBe(true);
  expect(isOffline({ env: { HF_HUB_OFFLINE: '1' } }, { env: { HF_HUB_OFFLINE: '0' } })).toBe(false);
  expect(isOffline({}, { env: {} })).toBe(false);
});
