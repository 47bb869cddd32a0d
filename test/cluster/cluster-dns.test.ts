import { expect, it } from 'vitest';
import { withoutForwarding } from './cluster-dns.ts';

const corefile = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       ttl 30
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
    }
    loop
    reload
}
`;

it('drops forward with its block and loop, and nothing else', () => {
  expect(withoutForwarding(corefile)).toBe(`.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       ttl 30
    }
    cache 30 {
       disable success cluster.local
    }
    reload
}
`);
});
