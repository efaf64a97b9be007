// Selvage is a studio for the people who design surface patterns: one binary,
// the window and its command line.
package main

import (
	"os"

	"github.com/selvage-studio/selvage/app/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
