import { describe, expect, it } from 'vitest';
import { ProxyIdentity } from './proxy-identity.ts';

const proxy = new ProxyIdentity({ userHeader: 'X-User', groupsHeader: 'X-Groups', secret: 'a secret' });
const SHOWN = { 'x-presence-proxy-secret': ['a secret'] };

describe('ProxyIdentity', () => {
  it('takes user and groups from the proxy, as a user that Kubernetes knows', () => {
    expect(
      proxy.userOf({ ...SHOWN, 'x-user': ['ann@example.com'], 'x-groups': ['crew, ,planners'] }),
    ).toEqual({
      username: 'ann@example.com',
      groups: ['crew', 'planners', 'system:authenticated'],
    });
  });

  it('believes no header without the secret', () => {
    expect(proxy.userOf({ 'x-user': ['ann'] })).toBeUndefined();
    expect(proxy.userOf({ 'x-user': ['ann'], 'x-presence-proxy-secret': ['a secre'] })).toBeUndefined();
  });

  it.each([
    [{}, '401', 'X-User'],
    [{ 'x-user': [' '] }, '401', 'X-User'],
    [{ 'x-user': ['system:admin'] }, '403', 'system:admin'],
    [{ 'x-user': ['ann'], 'x-groups': ['crew,system:masters'] }, '403', 'system:masters'],
    // Of the viewer, and of a proxy that adds its own beside it.
    [{ 'x-user': ['ann'], 'x-groups': ['admins', 'guests'] }, '403', 'X-Groups came more than once'],
    [{ 'x-user': ['bob', 'ann'] }, '403', 'X-User came more than once'],
    [{ 'x-user': ['ann'], 'x-presence-proxy-secret': ['a secret', 'a secret'] }, '403', 'more than once'],
  ])('refuses %j', (headers, code, named) => {
    expect(() => proxy.userOf({ ...SHOWN, ...headers })).toThrow(
      expect.objectContaining({ code: Number(code), message: expect.stringContaining(named) }),
    );
  });
});
