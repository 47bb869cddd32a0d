module presence-bench-driver

go 1.25.0
