// Collects the licences of the packages that a bundle inlines: a text file beside it with each package's name, version and licence.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Rolldown } from 'tsdown';

/** Emits `<name>.licenses.txt` if the bundle inlines third-party code. */
export function thirdPartyLicenses(name: string): Rolldown.Plugin {
  return {
    name: 'third-party-licenses',
    generateBundle(_options, bundle) {
      const folders = new Set(
        Object.values(bundle).flatMap((file) =>
          file.type === 'chunk' && file.fileName.endsWith('.mjs') ? file.moduleIds.flatMap(packageFolder) : [],
        ),
      );
      if (folders.size === 0) return;
      const texts = [...folders].map(describePackage).sort();
      this.emitFile({ type: 'asset', fileName: `${name}.licenses.txt`, source: texts.join(`\n${'-'.repeat(80)}\n\n`) });
    },
  };
}

/** The folder of the third-party package that a module belongs to; undefined for our own and for virtual modules. */
function packageFolder(moduleId: string): string[] {
  const match = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(moduleId);
  return match?.[1] && existsSync(join(match[1], 'package.json')) ? [match[1]] : [];
}

function describePackage(folder: string): string {
  const facts = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|-|$)/i.test(entry));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${String(facts['license'])}`;
  return `${String(facts['name'])} ${String(facts['version'])}\n\n${text}\n`;
}
