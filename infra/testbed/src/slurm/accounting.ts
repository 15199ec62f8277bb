// Slurm's accounting in the testbed: slurmdbd on a MariaDB of its own, on the host ctl; accounts, limits and qualities of service
// as a site has them. Only makes the text; hosts/start-script.ts runs it.

import { users } from '../people/users.ts';

const storePort = '/var/lib/testbed-mariadb';
const socket = '/run/mysqld/mysqld.sock';
const file = '/run/slurm/associations.cfg';
const booted = 'sacctmgr -n list cluster >/dev/null 2>&1';

/** `tiny` refuses jobs of more than ten minutes; `one` lets each user run one job. */
const qualities = ['add qos tiny MaxWall=00:10:00 Flags=DenyOnLimit', 'add qos one MaxJobsPerUser=1'];

/** Lines of slurm.conf. `limits` and `qos` make Slurm refuse, or hold, what the associations do not allow. */
export const accountingConf = `AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=ctl
AccountingStoreFlags=job_comment
AccountingStorageTRES=gres/gpu,gres/gpu:a100
AccountingStorageEnforce=associations,limits,qos
PartitionName=members Nodes=ALL MaxTime=01:00:00 AllowAccounts=lab State=UP
`;

/** Without a password: MariaDB accepts slurmdbd by its user, over a socket that only this host has. */
export const slurmdbdConf = `AuthType=auth/munge
DbdHost=ctl
SlurmUser=slurm
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=slurm_acct_db
LogFile=/var/log/slurm/slurmdbd.log
PidFile=/run/slurm/slurmdbd.pid
DebugLevel=info
`;

/** slurmdbd goes into the background. */
export const startSlurmdbd = `env MYSQL_UNIX_PORT=${socket} setpriv --reuid=slurm --regid=slurm --init-groups /usr/sbin/slurmdbd`;

/** Runs before slurmctld, which reads its associations when it starts. */
export const startAccounting = `mkdir -p ${storePort} /run/mysqld; chown mysql: ${storePort} /run/mysqld
options="--no-defaults --user=mysql --datadir=${storePort} --socket=${socket} --skip-networking --skip-log-bin --performance-schema=off
  --innodb-log-file-size=8M --innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=0 --innodb-use-native-aio=0"
daemon /var/log/mariadb-install.log mariadb-install-db --no-defaults --user=mysql --datadir=${storePort} --auth-root-authentication-method=socket --skip-test-db --innodb-log-file-size=8M
mariadbd $options </dev/null >/var/log/mariadb.out 2>/var/log/mariadb.log &
until mariadb-admin --no-defaults -S ${socket} ping >/dev/null 2>&1; do kill -0 $! || { tail -n 3 /var/log/mariadb.log >&2; exit 1; }; sleep 0.02; done
mariadb --no-defaults -S ${socket} -e "create database slurm_acct_db; create user slurm@localhost identified via unix_socket; grant all on slurm_acct_db.* to slurm@localhost"
mkdir -p /run/slurm; chown slurm: /run/slurm
daemon /var/log/slurm/slurmdbd.out ${startSlurmdbd}
until ${booted}; do sleep 0.02; done
sacctmgr -i -Q >/dev/null <<'END'
${qualities.join('\n')}
END
cat > ${file} <<'END'
${associations()}END
sacctmgr -i load file=${file} > /var/log/slurm/associations.out`;

/**
 * In the format of `sacctmgr dump`: one load takes a second, single commands take five. `lab` is the default; `nlp` is an
 * account below it; `spent` has used up its budget; `closed` takes no jobs.
 */
function associations(): string {
  const limits = "QOS='normal,tiny,one':DefaultQOS='normal'";
  const account = (name: string, more = '') => `Account - '${name}':Description='${name}':Organization='lab'${more}`;
  const usersOf = (name: string) => [
    `Parent - '${name}'`,
    ...users.map((user) => `User - '${user.name}':DefaultAccount='lab':${limits}`),
  ];
  const lines = [
    "Cluster - 'tb'",
    "Parent - 'root'",
    account('lab'),
    ...usersOf('lab'),
    account('nlp'),
    account('spent', ":GrpTRESMins='cpu=0'"),
    account('closed', ":GrpSubmitJobs='0'"),
    ...['nlp', 'spent', 'closed'].flatMap(usersOf),
  ];
  return `${lines.join('\n')}\n`;
}

/** Programs and the Debian packages they are in. */
export const accountingPrograms: ReadonlyArray<readonly [program: string, debianPackage: string]> = [
  ['slurmdbd', 'slurmdbd'],
  ['mariadbd', 'mariadb-server'],
  ['mariadb-install-db', 'mariadb-server'],
];
