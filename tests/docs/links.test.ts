import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { describe, expect, it } from 'vitest';

import { others, pageText, root, written } from './pages.ts';

const pages = [...written, ...others];

/** The anchor that GitHub makes of a heading. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link of a page; undefined for a valid link. */
function faultOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(file)) return `${page}: ${target} is not there`;
  if (anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor)) return undefined;
  return `${page}: ${relative(root, file)} has no heading #${anchor}`;
}

describe('The pages', () => {
  it('link to existing pages and headings', () => {
    const links = pages
      .flatMap((page) => {
        const prose = pageText(page)
          .replaceAll(/^```[^]*?^```$/gm, '')
          .replaceAll(/`[^`\n]+`/g, '');
        return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ page, target }));
      })
      .filter(({ target }) => !/^[a-z]+:/.test(target));
    expect(links.length).toBeGreaterThan(40);
    expect(links.flatMap(({ page, target }) => faultOf(page, target) ?? [])).toEqual([]);
  });

  it('can all be reached by links from the README', () => {
    const reached = new Set<string>();
    const walk = (page: string) => {
      if (reached.has(page) || !existsSync(join(root, page))) return;
      reached.add(page);
      for (const [, path = ''] of pageText(page).matchAll(/\]\(([^)\s#:]+\.md)(?:#[^)]*)?\)/g))
        walk(relative(root, join(root, dirname(page), path)));
    };
    walk('README.md');
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});
