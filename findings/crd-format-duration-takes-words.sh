#!/usr/bin/env bash
# Packages: k8s.io/kube-openapi v0.0.0-20250910181357-589584f1c912 (what Kubernetes 1.35 checks formats of CRDs with) and
# github.com/google/cel-go 0.26.1 (Go).
#
# Behaviour: a field with `format: duration` takes "2 weeks", "3 days", "1d" and "P1D" beside "1h30m". The function duration() of a
# CEL rule on the same field takes "1h30m" only, and the rule then ends in an error.
#
# Guess: the format is that of Go's time.ParseDuration, as metav1.Duration is, and what the schema lets pass a rule can read.
#
# Who is hurt: authors of CRDs: "2 weeks" passes a schema without a rule and fails in the controller, and with a rule the user reads of
# a failed expression instead of a wrong value. Use a pattern, not the format.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
go mod init look >/dev/null 2>&1
go get k8s.io/kube-openapi/pkg/validation/strfmt@v0.0.0-20250910181357-589584f1c912 >/dev/null 2>&1
go get github.com/google/cel-go/cel@v0.26.1 >/dev/null 2>&1

cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
)

func main() {
	env, err := cel.NewEnv(cel.Variable("self", cel.StringType))
	if err != nil {
		panic(err)
	}
	ast, issues := env.Compile("duration(self) > duration('0s')")
	if issues.Err() != nil {
		panic(issues.Err())
	}
	rule, err := env.Program(ast)
	if err != nil {
		panic(err)
	}
	for _, text := range []string{"1h30m", "2 weeks", "3 days", "1d", "P1D"} {
		_, _, err := rule.Eval(map[string]any{"self": text})
		fmt.Printf("%s: format %t, rule %t\n", text, strfmt.Default.Validates("duration", text), err == nil)
	}
}
GO
found=$(go run .)
echo "$found"
if [[ $found != '1h30m: format true, rule true
2 weeks: format true, rule false
3 days: format true, rule false
1d: format true, rule false
P1D: format true, rule false' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
