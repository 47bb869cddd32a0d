// Reads time_intervals as Alertmanager's configuration has them, by Alertmanager's own code, and prints for each of them
// whether it holds at the instants that are the arguments: {"name": [true, false]}.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
	"gopkg.in/yaml.v2"
)

type intervals struct {
	TimeIntervals []struct {
		Name          string                      `yaml:"name"`
		TimeIntervals []timeinterval.TimeInterval `yaml:"time_intervals"`
	} `yaml:"time_intervals"`
}

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
	var config intervals
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		return err
	}
	answers := map[string][]bool{}
	for _, named := range config.TimeIntervals {
		for _, instant := range instants {
			at, err := time.Parse(time.RFC3339, instant)
			if err != nil {
				return err
			}
			holds := false
			for _, interval := range named.TimeIntervals {
				holds = holds || interval.ContainsTime(at.UTC())
			}
			answers[named.Name] = append(answers[named.Name], holds)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}
