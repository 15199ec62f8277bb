// The error codes of the testbed.

import { CodedError, type CodedErrorOptions } from '@fairlead/kit';

export type TestbedErrorCode =
  | 'bad_option'
  | 'already_up'
  | 'not_up'
  | 'unknown_host'
  | 'host_down'
  | 'missing'
  | 'boot_failed'
  | 'command_failed';

export class TestbedError extends CodedError<TestbedErrorCode> {
  constructor(code: TestbedErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(code, message, options);
    this.name = 'TestbedError';
  }
}
