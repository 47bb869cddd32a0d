#!/usr/bin/env bash
# Packages: npm 11.19.1, with zod 4.6.7 as a dependency and knip 6.44.2 as a development dependency that needs zod, too.
#
# Behaviour: `npm sbom --omit dev` leaves out zod, which the package itself depends on, and exits with 0. Without `--omit` it is listed.
#
# Guess: the bill of materials without development packages has what `npm install --omit=dev` installs. It lacks every package of the
# product that a development package needs as well.
#
# Who is hurt: who publishes that bill, and whose users look there whether they run a vulnerable package. Make the bill without
# `--omit`, and take away what is not shipped by another source, such as the bundler's list.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
mkdir "$directory/npm" "$directory/demo"
npm install --silent --no-audit --no-fund --prefix "$directory/npm" npm@11.19.1
npm() { node "$directory/npm/node_modules/npm/bin/npm-cli.js" "$@"; }

cd "$directory/demo"
echo '{"name":"demo","version":"1.0.0","dependencies":{"zod":"4.6.7"},"devDependencies":{"knip":"6.44.2"}}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund
count() { npm sbom --sbom-format cyclonedx "$@" | grep -c '"bom-ref": "zod@4.6.7"' || true; }
all=$(count)
omitted=$(count --omit dev)
npm install --silent --ignore-scripts --no-audit --no-fund --omit=dev
installed=$(test -d node_modules/zod && echo yes || echo no)

echo "zod in the bill: $all; with --omit dev: $omitted; installed by npm install --omit=dev: $installed"
if [ "$all $omitted $installed" != "1 0 yes" ]; then
  echo "the behaviour has changed" >&2
  exit 1
fi
