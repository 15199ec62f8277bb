// Reads `sacctmgr -nP show assoc user=… format=account,partition,qos,defaultqos`: what a user may charge, and where.

export interface Association {
  account: string;
  /** Absent: any partition. */
  partition?: string;
  qos: string[];
  defaultQos?: string;
}

export function parseAssociations(stdout: string): Association[] {
  return stdout.split('\n').flatMap((line) => {
    const fields = line.trim().split('|');
    const [account = '', partition = '', qos = '', defaultQos = ''] = fields;
    if (fields.length < 3 || account === '') return [];
    return [
      {
        account,
        ...(partition === '' ? {} : { partition }),
        qos: qos.split(',').filter((name) => name !== ''),
        ...(defaultQos === '' ? {} : { defaultQos }),
      },
    ];
  });
}
