// Passes each write through the schema of its record, so that each stored record can be read again. Pure.

import { CodedError } from '@fairlead/kit';
import { decodeValue, type Read, type Schema } from '@fairlead/protocol';

import type { ControlErrorCode } from '../control-error.ts';
import { deploymentRecord, historyRecord, instanceRecord } from '../domain/records.ts';
import type { Write } from './store.ts';

/** The write as it will be read back. Throws `record_refused`. */
export function checkWrite<T extends Write>(write: T): T {
  return checked(write) as T;
}

function checked(write: Write): Write {
  switch (write.type) {
    case 'deployment.put':
      return { ...write, record: checkRecord(deploymentRecord, write.record, `deployment ${write.record.name}`) };
    case 'instance.put':
      return { ...write, record: checkRecord(instanceRecord, write.record, `instance ${write.record.id}`) };
    case 'history.add':
      return { ...write, entry: checkRecord(historyRecord, write.entry, `an event of ${write.entry.deployment}`) };
    case 'deployment.remove':
    case 'instance.remove':
      return write;
  }
}

function checkRecord<T extends Schema>(schema: T, record: Read<T>, what: string): Read<T> {
  const decoded = decodeValue(schema, record);
  if (decoded.ok) return decoded.value;
  throw new CodedError<ControlErrorCode>(
    'record_refused',
    `cannot store ${what} because ${decoded.path || 'it'} is out of bounds: ${decoded.message}`,
    { hint: 'Nothing was changed. A peer has told something that no record can hold: it is a fault of its program.' },
  );
}
