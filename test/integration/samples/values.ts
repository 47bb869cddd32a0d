/** Values of one field: both zod and the API server take every good one and refuse every bad one, in a full object. */
export interface Samples {
  good: readonly unknown[];
  bad: readonly unknown[];
}

/** A rule over several fields: what it changes in a full object, and whether the result is right. */
export interface Combination {
  says: string;
  /** Path to value; see `spec-paths.ts`. */
  change: Record<string, unknown>;
  accepted: boolean;
}

export interface KindSamples {
  minimal: Record<string, unknown>;
  /** Every field has a value, so that each can be changed alone. */
  full: Record<string, unknown>;
  fields: Record<string, Samples>;
  /** Fields below these are built by the same schema as others, and are tried by one good and one bad value each. */
  repeated?: readonly string[];
  combinations: readonly Combination[];
}

/** One character to the API server, two code units to JavaScript. */
export const RING = '💍';
export const LONG = 'x'.repeat(5000);

export const whole = (low: number, high: number): Samples => ({
  good: [low, high],
  bad: [low - 1, high + 1, low + 0.5, -(2 ** 31) - 1, 2 ** 31, 2 ** 53, 1e21],
});

export const oneOf = (...options: string[]): Samples => ({
  good: options,
  bad: ['', options[0]?.toLowerCase(), ` ${options[0]}`, `${options[0]}\n`, 'Other', LONG],
});

/** Any text of so many characters. */
/** Any text of so many characters. */
export const free = (min: number, max: number): Samples => ({
  good: [
    ...['x', ' ', RING, 'a\nb'].map((text) => text + 'é'.repeat(min)),
    ...['x'.repeat(max), RING.repeat(max), RING.repeat(min)],
  ],
  bad: [
    'x'.repeat(max + 1),
    RING.repeat(max + 1),
    ...(min === 0 ? [] : ['', 'x'.repeat(min - 1), RING.repeat(min - 1)]),
  ],
});

const notTimes = ['', '7:00', '24:01', '25:00', '12:60', '12:5', '12:30:00', '12-30', ' 12:30', '12:30\n'];
export const time: Samples = {
  good: ['00:00', '07:00', '19:59', '23:59'],
  bad: [...notTimes, '24:00', '１２:30', LONG],
};
export const endTime: Samples = { good: [...time.good, '24:00'], bad: [...notTimes, '24:30', LONG] };

export const zone: Samples = {
  good: ['UTC', 'Europe/London', 'Etc/GMT+5', 'America/Port-au-Prince', 'Not/AZone', `E${'x'.repeat(63)}`],
  bad: ['', '+01:00', 'Europe/London ', 'Europe London', 'Zürich', `E${'x'.repeat(64)}`, 'UTC\n', LONG],
};

export const length: Samples = {
  good: ['6h', '90m', '1h30m', '0s', '1h1m1s', '99999h99999m99999s'],
  bad: ['', '6', 'h', '6d', '1.5h', '-6h', '30m1h', '6h ', '6H', '100000h', '6h\n', LONG],
};

export const name: Samples = {
  good: ['a', '0', 'a-b.c', 'x'.repeat(253)],
  bad: ['', 'A', 'a_b', '-a', 'a-', 'a.', 'a b', 'ä', 'a\n', 'x'.repeat(254), LONG],
};

/** Of a claim. */
export const storageSize: Samples = {
  good: ['0', '1', '250m', '1.5', '2Gi', '10k', '1M', `${'1'.repeat(30)}Gi`],
  bad: ['', '-1', '1.', '.5', '1 Gi', '2gi', '1e3', '1Gi\n', '1'.repeat(33), LONG],
};

const notQuantities = [
  ...['', '-1', '+1', '.', '1 Gi', '2gi', '1e100', '1e1.5', '1Gi\n', 'x', '1'.repeat(33), LONG],
  ...[-1, 1.5, 2 ** 53, 1e300, true, {}, [], ['1']],
];
/** An amount of a container where nothing is more than the limit, which is the largest there is. */
export const request: Samples = {
  good: ['0', 0, '1', 1, '250m', '1.5', '2Gi', '10k', '1M', '1e9', '1E-3', '1.', '.5', '7Ei', 2 ** 53 - 1],
  bad: notQuantities,
};
/** An amount of a container where the request is the smallest there is. */
export const limit: Samples = {
  good: [...request.good.filter((value) => Number(value) !== 0), '1n', '9'.repeat(32), '1e99'],
  bad: [...notQuantities, '0', 0, '0Gi'],
};

export const label: Samples = {
  good: ['', 'a', 'A.b_c-d', 'x'.repeat(63)],
  bad: ['-a', 'a-', 'a b', 'ä', 'a\n', 'x'.repeat(64)],
};
export const labelKey: Samples = {
  good: ['a', 'A_b.c-d', 'example.com/a', `${'x'.repeat(253)}/${'y'.repeat(63)}`],
  bad: ['', '-a', 'a-', 'a/b/c', '/a', 'a/', 'Example.com/a', 'a b', 'a\n', 'x'.repeat(318), LONG],
};
export const flag: Samples = { good: [true, false], bad: [] };

export const factor: Samples = {
  good: [0.001, 5e-324, 1, 2.5, 99.9, 100],
  bad: [0, -0.001, -1, 100.1, 1e300],
};

export const instant: Samples = {
  good: [
    ...['2027-06-05T12:00:00Z', '2027-06-05T12:00:00.5Z', '2027-06-05T12:00:00.123Z'],
    ...['2027-06-05T12:00:00+14:00', '2027-06-05T12:00:00.000-00:00', '2027-06-05T12:00:00+23:59'],
    ...['2024-02-29T00:00:00Z', '2027-12-31T23:59:59Z', '2027-06-05T00:00:00Z'],
  ],
  bad: [
    ...['', '2027-06-05', '2027-06-05T12:00Z', '2027-06-05T12:00:00', '2027-06-05 12:00:00Z'],
    ...['2027-06-05t12:00:00Z', '2027-06-05T12:00:00z', '2027-06-05T12:00:60Z', '2016-12-31T23:59:60Z'],
    ...['2027-02-31T12:00:00Z', '2027-02-29T12:00:00Z', '2027-13-01T12:00:00Z', '2027-00-01T12:00:00Z'],
    ...['2027-06-05T24:00:00Z', '2027-06-05T12:60:00Z', '2027-06-05T12:00:00,5Z', '2027-06-05T12:00:00.Z'],
    ...['2027-06-05T12:00:00+24:00', '2027-06-05T12:00:00+01', '2027-06-05T12:00:00+0100'],
    ...['27-06-05T12:00:00Z', '+12027-06-05T12:00:00Z', '2027-06-05T12:00:00Z\n', ' 2027-06-05T12:00:00Z'],
    ...['2027-06-05T12:00:00.1234Z', '2027-06-05T12:00:00.000000001Z', '2027-06-05T12:00:00xZ', LONG],
  ],
};

export const WEEK = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
export const notDays = [
  ['Saturday', 'Saturday'],
  ['Saturday', 'Sunday', 'Saturday'],
  ['saturday'],
  [null],
  [6],
];
export const tooManyDays = [...WEEK, 'Monday'];
