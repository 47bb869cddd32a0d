import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { expectedConnections, type SeenLoad } from './expected-connections.ts';

function expected(at: string, seen?: SeenLoad, scaling: Record<string, unknown> = {}) {
  const spec = presenceClusterSpec.parse({
    timeZone: 'Europe/London',
    presence: { maxConnectionsPerPod: 100, replicas: 5 },
    scaling: { baselineReplicas: 4, maxReplicas: 20, ...scaling },
  });
  return expectedConnections(spec, Date.parse(at), seen);
}

describe('expectedConnections', () => {
  it.each([
    ['in spring for the season that comes', '2027-04-20T12:00:00Z', 1000, 1250],
    ['two weeks and a day before it, not yet', '2027-04-15T22:00:00Z', 1000, 1000],
    ['in autumn for the season that has gone', '2027-10-30T12:00:00Z', 1500, 1500],
    ['a month later for fewer', '2027-11-29T12:00:00Z', 1300, 1300],
  ])('%s', (_, at, peak, connections) => {
    expect(expected(at, { peak, booked: 0 }).connections).toBe(connections);
  });

  it('takes bookings when they bring more', () => {
    expect(expected('2027-06-15T12:00:00Z', { peak: 1000, booked: 1800.2 })).toEqual({
      connections: 1801,
      because: '1801 connections booked within 14 days',
    });
  });

  it('is what the calendar plans pods for where the load is not looked at', () => {
    expect(expected('2027-01-05T12:00:00Z')).toEqual({
      connections: 1000,
      because: 'calendar 10 pods × 100 connections',
    });
    expect(expected('2027-06-05T12:00:00Z').connections).toBe(2000);
    expect(expected('2027-06-05T12:00:00Z', undefined, { mode: 'Off' }).connections).toBe(500);
  });
});
