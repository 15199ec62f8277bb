import { describeLocalSshServer } from '../local-ssh-server.contract.ts';

describeLocalSshServer('builtin');
