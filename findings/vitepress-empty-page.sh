#!/usr/bin/env bash
# Package: vitepress 1.6.4 (npm).
#
# Behaviour: two braces in inline code are an expression of Vue. A page that shows a Go template in inline code fails to render on the
# server; the build prints the TypeError, says "build complete" and ends with exit code 0. The page is published without a word of its text.
#
# Guess: code is code, as in fenced blocks, which are left alone; and a page that cannot be rendered fails the build, as a dead link does.
#
# Who is hurt: who documents kubectl, docker or helm with `--format` or `-o go-template`: a page is empty on the site, and CI is green. In
# the browser the script renders it, or does not; search engines and readers without scripts see nothing.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts vitepress@1.6.4

printf '# Home\n\nText.\n' >index.md
# shellcheck disable=SC2016
printf '# Fenced\n\nBefore.\n\n```sh\ndocker inspect --format "{{ json .Config }}" web\n```\n\nAfter.\n' >fenced.md
# shellcheck disable=SC2016
printf '# Inline\n\nBefore.\n\nRun `docker inspect --format "{{ json .Config }}" web`.\n\nAfter.\n' >inline.md
code=0
node_modules/.bin/vitepress build . >build.log 2>&1 || code=$?
errors=$(grep -c TypeError build.log || true)
words() { grep -c 'After' ".vitepress/dist/$1.html" || true; }
found="exit code $code, errors printed: $errors, pages with their text: fenced $(words fenced), inline $(words inline)"
echo "$found"
if [[ $found != 'exit code 0, errors printed: 1, pages with their text: fenced 1, inline 0' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
