// The shape of an answer: what is left without ids, times, numbers and the model's words.

/** Fields that may be null in one answer and not in another. */
const varying = new Set(['stop_reason', 'stop_sequence', 'incomplete_details', 'status']);

/** Field names in order with the types of their values; equal items of a list count once. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return distinct(value.map(shapeOf));
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.entries(value).map(([name, one]) => {
    if (varying.has(name)) return name;
    if (name === 'bytes') return name;
    return [name, name.endsWith('_logprobs') && isByToken(one) ? 'by token' : shapeOf(one)];
  });
}

/** Text completions have the tokens themselves as field names. */
function isByToken(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((one: unknown) => one === null || (typeof one === 'object' && !('token' in one)))
  );
}

function distinct(shapes: unknown[]): unknown[] {
  const seen = new Map(shapes.map((shape) => [JSON.stringify(shape), shape]));
  return [...seen.values()];
}

/** The events of a stream in order, as names and shapes, without repeats and without half characters. */
export function runOf(body: string): unknown[] {
  const events = body
    .split('\n\n')
    .filter((event) => event !== '' && !event.includes('"delta":{},"logprobs":{'))
    .map((event) => {
      const name = /^event: (.*)$/m.exec(event)?.[1] ?? '';
      const data = /^data: (.*)$/m.exec(event)?.[1] ?? '';
      return `${name} ${data === '[DONE]' ? data : JSON.stringify(shapeOf(JSON.parse(data)))}`;
    });
  return events.filter((event, at) => event !== events[at - 1]);
}
