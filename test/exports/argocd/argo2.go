//go:build argo2

package main

import (
	"time"
	_ "unsafe" // for go:linkname

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
)

type appProject = v1alpha1.AppProject

func applicationIn(namespace string) *v1alpha1.Application {
	return &v1alpha1.Application{Spec: v1alpha1.ApplicationSpec{
		Destination: v1alpha1.ApplicationDestination{Namespace: namespace},
	}}
}

// The method that Active calls with the time of the clock.
//
//go:linkname activeAt github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1.(*SyncWindows).active
func activeAt(windows *v1alpha1.SyncWindows, at time.Time) (*v1alpha1.SyncWindows, error)
