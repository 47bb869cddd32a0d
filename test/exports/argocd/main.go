// Reads an AppProject as `freeze export --for argocd` prints it, by Argo CD's own code, and prints for each namespace whether
// a sync window denies it at the instants that are the arguments: {"namespace": [true, false]}. The project is checked first,
// as the API server of Argo CD does.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(instants []string) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var project appProject
	if err := yaml.UnmarshalStrict(text, &project); err != nil {
		return err
	}
	if err := project.ValidateProject(); err != nil {
		return err
	}
	answers := map[string][]bool{}
	for _, window := range project.Spec.SyncWindows {
		for _, namespace := range window.Namespaces {
			answers[namespace] = nil
		}
	}
	for namespace := range answers {
		windows := project.Spec.SyncWindows.Matches(applicationIn(namespace))
		for _, instant := range instants {
			at, err := time.Parse(time.RFC3339, instant)
			if err != nil {
				return err
			}
			active, err := activeAt(windows, at)
			if err != nil {
				return err
			}
			answers[namespace] = append(answers[namespace], active != nil && len(*active) > 0)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}
