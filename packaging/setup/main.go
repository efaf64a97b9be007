// Setup puts on this machine what Selvage needs to be built, run and tested. It is
// plain Go without cgo, so that it runs before there is a C compiler:
//
//	CGO_ENABLED=0 go run ./packaging/setup            what building and running need
//	CGO_ENABLED=0 go run ./packaging/setup -test      and what the tests need besides
//	CGO_ENABLED=0 go run ./packaging/setup -openvino  and an ONNX Runtime with OpenVINO
//
// Each step first looks whether its work is done; when all is there, the whole
// takes a fraction of a second and touches no network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
)

func main() {
	tests := flag.Bool("test", false, "also install what the tests need")
	vino := flag.Bool("openvino", false, "also fetch an ONNX Runtime with OpenVINO, and print the line that chooses it")
	platform := flag.String("platform", runtime.GOOS+"/"+runtime.GOARCH, "fetch the library of this platform, as GOOS/GOARCH, and install no system packages unless it is this machine's")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "setup: takes no arguments besides its flags")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *platform, *tests, *vino)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

// run does every step even when an earlier one fails, so that one call tells all
// that is missing.
func run(ctx context.Context, platform string, tests, vino bool) error {
	var errs []error
	if platform == runtime.GOOS+"/"+runtime.GOARCH {
		errs = append(errs, systemPackages(ctx, tests))
	}
	errs = append(errs, runtimeLibrary(ctx, platform))
	if tests {
		errs = append(errs, swiftShader(ctx), installPeers(ctx))
	}
	if vino {
		errs = append(errs, openVINO(ctx))
	}
	return errors.Join(errs...)
}
