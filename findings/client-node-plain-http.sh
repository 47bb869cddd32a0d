#!/usr/bin/env bash
# Package: @kubernetes/client-node 2.0.1 (npm), the Kubernetes client for Node.
#
# Behaviour: applyToHTTPSOptions of a KubeConfig throws when the server of its cluster is http:// and skipTLSVerify is not set. With
# skipTLSVerify it gives an agent and the credentials, as for https://.
#
# Guess: it adds the credentials to the options that it is given, as its name says, and leaves the server alone: `kubectl proxy` is the
# usual http:// server, and needs none. It builds an agent as well, and that is what refuses.
#
# Who is hurt: programs that read a kubeconfig of users, who run them against `kubectl proxy`: they end with an error about TLS before the
# first request. Tell such a server by its URL first.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @kubernetes/client-node@2.0.1

cat >look.mjs <<'JAVASCRIPT'
import { KubeConfig } from '@kubernetes/client-node';

for (const cluster of [
  { server: 'https://127.0.0.1:8001' },
  { server: 'http://127.0.0.1:8001' },
  { server: 'http://127.0.0.1:8001', skipTLSVerify: true },
]) {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'here', ...cluster }, { name: 'somebody', token: 'of-nobody' });
  const options = {};
  try {
    await config.applyToHTTPSOptions(options);
    console.log(`${JSON.stringify(cluster)} ${Object.keys(options).sort().join(' ')}`);
  } catch (error) {
    console.log(`${JSON.stringify(cluster)} throws: ${error.message}`);
  }
}
JAVASCRIPT
found=$(node look.mjs)
echo "$found"
if [[ $found != '{"server":"https://127.0.0.1:8001"} agent headers
{"server":"http://127.0.0.1:8001"} throws: HTTP protocol is not allowed when skipTLSVerify is not set or false
{"server":"http://127.0.0.1:8001","skipTLSVerify":true} agent headers rejectUnauthorized' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
