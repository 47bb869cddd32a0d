module pause-node

go 1.25.0
