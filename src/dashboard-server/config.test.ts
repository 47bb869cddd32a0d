import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

describe('parseConfig', () => {
  it('needs nothing', () => {
    expect(parseConfig({})).toEqual({ watchNamespaces: [], port: 8080, metricsPort: 9090, logLevel: 'info' });
  });

  it('reads namespaces, ports and the headers of a proxy', () => {
    const config = parseConfig({
      WATCH_NAMESPACES: ' weddings, ,parties ',
      DASHBOARD_PORT: '0',
      PROXY_USER_HEADER: 'X-Forwarded-User',
      PROXY_SECRET_FILE: '/etc/secret',
      PROXY_GROUPS_HEADER: '',
      ZONE_DATA_FILE: '/zones.json',
    });
    expect(config).toEqual({
      watchNamespaces: ['weddings', 'parties'],
      port: 0,
      metricsPort: 9090,
      proxy: { userHeader: 'X-Forwarded-User', secretFile: '/etc/secret' },
      zoneDataFile: '/zones.json',
      logLevel: 'info',
    });
  });

  it.each([
    [{ DASHBOARD_PORT: '70000' }, 'DASHBOARD_PORT'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ PROXY_USER_HEADER: 'X User' }, 'PROXY_USER_HEADER'],
    [{ PROXY_USER_HEADER: 'X-User' }, 'PROXY_SECRET_FILE'],
    [{ PROXY_GROUPS_HEADER: 'X-Groups' }, 'PROXY_USER_HEADER'],
  ])('refuses %j and names what is wrong', (env, named) => {
    expect(() => parseConfig(env)).toThrow(named);
  });
});
