import { expect, it } from 'vitest';
import { readBuild } from './read-build.ts';

const arguments_ = `
        model_group.add_argument("--max-model-len", **model_kwargs["max_model_len"])
        model_group.add_argument("--served-model-name", help="as in --max_seqs")
        parallel_group.add_argument('--tensor-parallel-size', '-tp', type=int)
        cache_group.add_argument(
            "--enable_prefix-caching", **cache_kwargs["enable_prefix_caching"]
        )
`;
const server = `
@config
class BaseFrontendArgs:
    """Arguments for the server."""
    tool_call_parser: str | None = None
    allowed_origins: list[str] = field(default_factory=lambda: ["*"])
    uds : str = ""
`;
const printed = (files: readonly string[], version = '0.32.0+cpu') =>
  `a line of the shell\nfairlead-build ${JSON.stringify({ version, files })}\n`;

it('readBuild reads the version, and the flags that the source names as words and as fields', () => {
  const build = readBuild(printed([arguments_, server]));
  expect(build?.version).toBe('0.32.0+cpu');
  expect([...(build?.flags ?? [])].toSorted()).toEqual([
    '--allowed-origins',
    '--enable-prefix-caching',
    '--max-model-len',
    '--served-model-name',
    '--tensor-parallel-size',
    '--tool-call-parser',
    '--uds',
  ]);
});

it('readBuild knows no flags where the files do not name those that every version has', () => {
  expect(readBuild(printed([arguments_]))).toEqual({ version: '0.32.0+cpu' });
  expect(readBuild(printed([]))).toEqual({ version: '0.32.0+cpu' });
});

it.each(['', 'fairlead-build ', 'fairlead-build {"version":""}', 'fairlead-build [1]', 'vllm 0.11.0'])(
  'readBuild reads nothing from %j',
  (text) => {
    expect(readBuild(text)).toBeUndefined();
  },
);
