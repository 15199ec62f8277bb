// The codes of this package's errors.

import { CodedError, type CodedErrorOptions } from '@fairlead/kit';

export type SimErrorCode =
  | 'sim.address_in_use'
  | 'sim.address_too_long'
  | 'sim.address_denied'
  | 'sim.address_missing'
  | 'sim.fault_invalid'
  | 'sim.fault_needs_process'
  | 'sim.fault_too_late';

export class SimError extends CodedError<SimErrorCode> {
  constructor(code: SimErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(code, message, options);
    this.name = 'SimError';
  }
}
