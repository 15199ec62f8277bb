// Finds the model in a body of multipart/form-data (RFC 7578) by its bytes, without copying the file beside it. What two parsers could read
// differently is refused. Pure.

import type { ValueRange } from '@fairlead/openai-wire';

export type FormRead = { ok: true; model: string; modelRange: ValueRange } | { ok: false; problem: string };

const crlf = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');
const maxPartHeadBytes = 4_096;
const maxParts = 100;
const maxModelBytes = 1_024;
const boundaryShape = /;\s*boundary=(?:"([\w'()+,./:=?-]{1,70})"|([\w'+.-]{1,70}))\s*(?:;|$)/i;
const dispositionShape = /^content-disposition:\s*form-data((?:;\s*[\w-]+=(?:"[^"\\]*"|[\w.-]+))*)\s*$/i;

/** Undefined where the type is no form. A form without a readable boundary has an empty one. */
export function formBoundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) return undefined;
  const found = boundaryShape.exec(contentType);
  return found?.[1] ?? found?.[2] ?? '';
}

export function readForm(body: Buffer, boundary: string): FormRead {
  if (boundary === '') return no('its form has no boundary');
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (!body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2)))
    return no('its form does not begin with its boundary');
  let model: ValueRange | undefined;
  let at = delimiter.length - 2;
  for (let part = 0; part < maxParts; part += 1) {
    if (body.subarray(at, at + 2).toString('latin1') === '--') return modelOfForm(body, model);
    if (!body.subarray(at, at + 2).equals(crlf)) return no('a boundary of its form has no end of line');
    const head = readPartHead(body, at);
    if (!head) return no('a part of its form has no name that can be read');
    const end = body.indexOf(delimiter, head.end);
    if (end === -1) return no('its form ends before its last boundary');
    if (head.name === 'model') {
      if (model) return no('it has "model" twice');
      model = { start: head.end, end };
    }
    at = end + delimiter.length;
  }
  return no(`its form has more than ${maxParts} parts`);
}

function modelOfForm(body: Buffer, range: ValueRange | undefined): FormRead {
  if (!range || range.end === range.start) return no('it names no `model`');
  const model = body.toString('utf8', range.start, range.end);
  if (range.end - range.start > maxModelBytes || /[\r\n]/.test(model)) return no('its `model` is no name');
  return { ok: true, model, modelRange: range };
}

/** `from`: at the line end of the boundary. `end`: where the content begins. */
function readPartHead(body: Buffer, from: number): { name: string; end: number } | undefined {
  const end = body.subarray(0, from + maxPartHeadBytes).indexOf(headEnd, from);
  if (end <= from) return undefined;
  const lines = body.toString('latin1', from + 2, end).split('\r\n');
  const dispositions = lines.filter((line) => /^content-disposition\s*:/i.test(line));
  const found = dispositions.length === 1 ? dispositionShape.exec(dispositions[0]!) : null;
  const names = [...(found?.[1] ?? '').matchAll(/;\s*name=(?:"([^"\\]*)"|([\w.-]+))/gi)];
  const name = names[0]?.[1] ?? names[0]?.[2];
  return names.length === 1 && name !== undefined ? { name, end: end + headEnd.length } : undefined;
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
