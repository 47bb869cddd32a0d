module presence.wedsync.io/test/exports/alertmanager

go 1.26.0

require (
	github.com/prometheus/alertmanager v0.35.0
	gopkg.in/yaml.v2 v2.4.0
)

require go.yaml.in/yaml/v2 v2.4.4 // indirect
