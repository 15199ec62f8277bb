import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

import { asciiOnly, standIns, usedOfSsh2 } from '@fairlead/scripts/bundle-plugins';
import { expect, it } from 'vitest';

import { houseFiles, houseText, root } from './house-files.ts';

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

type Derive = (
  pass: Uint8Array,
  passBytes: number,
  salt: Uint8Array,
  saltBytes: number,
  key: Uint8Array,
  keyBytes: number,
  rounds: number,
) => number;

/** Runs the code of a CommonJS module. */
function loadModule(code: string, require: (name: string) => unknown): unknown {
  const module = { exports: {} };
  (runInNewContext(`(function (require, module, exports) { ${code} })`) as (...given: unknown[]) => void)(
    require,
    module,
    module.exports,
  );
  return module.exports;
}

it('A key with a passphrase is derived in a bundle as it is with the modules that the bundle lacks', () => {
  const ofSsh2 = createRequire(createRequire(join(root, 'packages/ssh/package.json')).resolve('ssh2'));
  const file = ofSsh2.resolve('bcrypt-pbkdf');
  const nacl = loadModule(standIns.tweetnacl, createRequire(file));
  const { pbkdf: bundled } = loadModule(readFileSync(file, 'utf8'), () => nacl) as { pbkdf: Derive };
  const { pbkdf: whole } = ofSsh2('bcrypt-pbkdf') as { pbkdf: Derive };
  const derive = (pbkdf: Derive) => {
    const [pass, salt, key] = [Buffer.from('correct horse'), Buffer.from('0123456789abcdef'), Buffer.alloc(48)];
    expect(pbkdf(pass, pass.length, salt, salt.length, key, key.length, 2)).toBe(0);
    return key.toString('hex');
  };
  expect(derive(bundled)).toBe(derive(whole));
});
