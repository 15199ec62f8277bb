// Joins the logs of the nodes of a job into one, in the order of the times that their lines begin with. Pure.

/** The first time of a line: `11-30 20:23:13`, `2026-11-30T20:23:13.123Z`. */
const timePattern = /(?:^|[\s[(])(?:\d{4}-)?(\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,6})?)/;
/** A time further on belongs to what the line says. */
const searchedChars = 80;

export interface NodeLines<Node> {
  node: Node;
  lines: readonly string[];
}

export interface NodeLine<Node> {
  node: Node;
  line: string;
}

/**
 * The lines of each node keep their order. A line without a time stays behind the one before it; equal times keep the order of the
 * nodes. The clocks of nodes may differ: the order between nodes is as good as they are.
 */
export function mergeByTime<Node>(parts: ReadonlyArray<NodeLines<Node>>): Array<NodeLine<Node>> {
  const timed = parts.flatMap(({ node, lines }, part) => {
    let time = '';
    return lines.map((line, at) => {
      const own = timeOf(line);
      // A clock that was set back must not change the order within a node.
      if (own !== undefined && own > time) time = own;
      return { node, line, time, part, at };
    });
  });
  timed.sort((a, b) => compare(a.time, b.time) || a.part - b.part || a.at - b.at);
  return timed.map(({ node, line }) => ({ node, line }));
}

function timeOf(line: string): string | undefined {
  return timePattern.exec(line.slice(0, searchedChars))?.[1]?.replace('T', ' ').replace(',', '.');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
