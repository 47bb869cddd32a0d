#!/bin/sh
# runc for a machine without CAP_SYS_RESOURCE. The engine gives privileged containers every capability it
# knows, and runc refuses to start when one of them is not there to give. So this takes from the container's
# configuration what the machine cannot do, and hands over to the real runc.
set -eu

command='' bundle=. process='' previous=''
for argument in "$@"; do
  case $previous in
    --bundle | -b) bundle=$argument ;;
    --process | -p) process=$argument ;;
  esac
  case $argument in
    create | run | exec) command=${command:-$argument} ;;
  esac
  previous=$argument
done

limit=$(ulimit -Hn)
[ "$limit" = unlimited ] && limit=1048576

# fit FILE PATH: PATH is where in FILE the process is described.
fit() {
  jq --argjson limit "$limit" "$2"' |= (
    if .capabilities then .capabilities |= map_values((. // []) - ["CAP_SYS_RESOURCE"]) else . end
    | if (.oomScoreAdj // 0) < 0 then .oomScoreAdj = 0 else . end
    | if .rlimits then .rlimits |= map(select(.type != "RLIMIT_NOFILE" or .hard <= $limit)) else . end
  )' "$1" >"$1.fit"
  mv "$1.fit" "$1"
}

case $command in
  create | run) fit "$bundle/config.json" .process ;;
  exec) [ -z "$process" ] || fit "$process" . ;;
esac
exec runc "$@"
