// Converts an image of the original protocol as docker2aci does:
//
//	docker2aci HOST:PORT/NAME:TAG DIRECTORY
//
// and prints the names of the files that it made.
package main

import (
	"fmt"
	"os"

	docker2aci "github.com/appc/docker2aci/lib"
	"github.com/appc/docker2aci/lib/common"
)

func main() {
	made, err := docker2aci.ConvertRemoteRepo(os.Args[1],
		docker2aci.RemoteConfig{
			CommonConfig: docker2aci.CommonConfig{
				OutputDir:   os.Args[2],
				TmpDir:      os.Args[2],
				Squash:      false,
				Compression: common.NoCompression,
			},
			Insecure: common.InsecureConfig{AllowHTTP: true},
		})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, file := range made {
		fmt.Println(file)
	}
}
