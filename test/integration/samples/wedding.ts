import { type KindSamples, LONG, name, oneOf, type Samples, time, whole, zone } from './values.ts';

/** The full object has one photographer, so that 49 others are the most. */
const others: Samples = { good: [0, 49], bad: [...whole(0, 49).bad, 51] };
const allRoles = (each: number) =>
  Object.fromEntries(
    ['photographer', 'videographer', 'venue', 'catering', 'planner', 'other'].map((role) => [role, each]),
  );

export const WEDDING_SAMPLES: KindSamples = {
  minimal: { date: '2027-06-05', timeZone: 'Europe/London', ceremony: '14:00', team: { venue: 1 } },
  full: {
    date: '2027-06-05',
    timeZone: 'Europe/London',
    ceremony: '14:00',
    ends: '02:00',
    state: 'Planned',
    team: { ...allRoles(0), photographer: 1 },
    presenceClusterName: 'wedsync',
  },
  fields: {
    date: {
      good: ['2027-06-05', '2027-02-31', '2024-02-29', '0000-01-01', '9999-12-31'],
      bad: ['', '2027-6-5', '2027-00-01', '2027-13-01', '2027-01-32', '05.06.2027', '2027-06-05\n', LONG],
    },
    timeZone: zone,
    ceremony: time,
    ends: time,
    state: oneOf('Planned', 'Confirmed', 'Done', 'Cancelled'),
    team: { good: [{ other: 1 }, allRoles(8)], bad: [{}, { dj: 1 }, allRoles(0), allRoles(9)] },
    'team.photographer': { good: [1, 50], bad: [...whole(1, 50).bad] },
    'team.videographer': others,
    'team.venue': others,
    'team.catering': others,
    'team.planner': others,
    'team.other': others,
    presenceClusterName: name,
  },
  combinations: [
    { says: '50 people', change: { team: { venue: 25, other: 25 } }, accepted: true },
    { says: '51 people', change: { team: { venue: 25, other: 26 } }, accepted: false },
    { says: 'a null role counts for nobody', change: { team: { venue: null, other: 1 } }, accepted: true },
    { says: 'null roles only', change: { team: { venue: null } }, accepted: false },
    { says: 'an ending before the ceremony', change: { ends: '01:00', ceremony: '14:00' }, accepted: true },
  ],
};
