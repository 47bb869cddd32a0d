// etcd from its own module: the store of the local Kubernetes where no image of it can be pulled.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
