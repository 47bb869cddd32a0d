import { REDIS_PARAMETERS, type RedisParameter } from '../../../src/api/workload/redis-parameters.ts';
import type { Fields } from './affinity.ts';

const parameters: [string, RedisParameter][] = Object.entries(REDIS_PARAMETERS);

/** Values at and beyond the bounds of each parameter that may be set. */
const valuesOf = (which: 'good' | 'bad') =>
  parameters.flatMap(([name, parameter]) => {
    const [good, bad]: [unknown[], unknown[]] =
      'options' in parameter
        ? [[...parameter.options], ['', 'YES', `${parameter.options[0]}\n`, 1, true]]
        : [
            [parameter.min, String(parameter.min), parameter.max, String(parameter.max)],
            [
              parameter.min - 1,
              parameter.max + 1,
              String(parameter.max + 1),
              '',
              '1.5',
              1.5,
              '01',
              '1kb',
              '1\nhz 5',
            ],
          ];
    return (which === 'good' ? good : bad).map((value) => ({ [name]: value }));
  });

export const PARAMETER_FIELDS: Fields = {
  'redis.parameters': {
    good: [
      {},
      ...valuesOf('good'),
      Object.fromEntries(parameters.map(([name, { byDefault }]) => [name, byDefault])),
    ],
    bad: [
      ...valuesOf('bad'),
      ...['maxmemory', 'maxmemory-policy', 'appendonly', 'save', 'dir', 'cluster-enabled', 'cluster-x'],
      ...['tls-port', 'port', 'bind', 'requirepass', 'aclfile', 'user', 'replicaof', 'replica-priority'],
      ...[
        'enable-debug-command',
        'loadmodule',
        'include',
        'unknown',
        '',
        'HZ',
        'hz\nport',
        "hz'",
        'x'.repeat(4_000),
      ],
    ].map((each) => (typeof each === 'string' ? { [each]: '1' } : each)),
  },
  // No parameter has the name that stands for every key.
  'redis.parameters.6': { good: [], bad: ['1', 1] },
};
