import { runInNewContext } from 'node:vm';

import { asciiOnly, usedOfSsh2 } from '@fairlead/scripts/bundle-plugins';
import { expect, it } from 'vitest';

import { houseFiles, houseText } from './house-files.ts';

/** The part of ssh2 in our bundles does not serve these: they run in a checkout alone. */
const isNotBundled = /\.test\.ts$|\.contract\.ts$|\/testing(\.ts$|\/)|^(infra|bench|tests|scripts)\//;

it('Our code uses nothing of ssh2 but what the bundles have, and all of that', () => {
  const uses = houseFiles()
    .filter((file) => !isNotBundled.test(file))
    .flatMap((file) => [...houseText(file).matchAll(/\bssh2\.(utils\.\w+|[A-Z]\w+)/g)].map(([, name]) => name ?? ''));
  const offered = Object.entries(usedOfSsh2).flatMap(([name, value]) =>
    name === 'utils' ? [...value.matchAll(/(\w+):/g)].map(([, part]) => `utils.${part ?? ''}`) : [name],
  );
  expect(new Set(uses)).toEqual(new Set(offered));
});

it('A bundle has no character beyond ASCII, and means the same', () => {
  const text = 'é…😀';
  const code = `['${text}', /^[${text}]$/u.test('😀'), \`${text}\`, '\\\\…'];`;
  const bundle = { 'x.mjs': { type: 'chunk', code } };
  (asciiOnly.generateBundle as (this: void, options: object, bundle: object) => void)({}, bundle);
  const written = bundle['x.mjs'].code;
  const evaluated = (source: string): unknown => runInNewContext(source);
  expect(evaluated(written)).toEqual(evaluated(code));
  expect(written.replaceAll('\\\\…', '')).toMatch(/^[\u0020-\u007e]*$/);
});
