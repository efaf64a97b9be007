// Command corpus streams drawings with captions and labels to standard output,
// in the format of engine/draw/corpus, and a report as one line of JSON to
// standard error: the version of the rules, the hash of the samples and the
// counts that the model card keeps.
//
//	corpus -from 0 -n 60000 -size 256 > corpus.bin 2> corpus.json
//
// With -vocabulary it prints the words of the captions instead, one a line.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/draw/corpus"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	from := flag.Uint64("from", 0, "first seed")
	n := flag.Int("n", 1000, "number of samples")
	size := flag.Int("size", 256, "side of the pictures in pixels")
	workers := flag.Int("workers", 0, "goroutines that draw; 0 is one a core")
	heldOut := flag.Bool("held-out", false, "only the combinations that training leaves out")
	families := flag.String("families", "", "only these families, with commas between")
	figures := flag.Int("figures", 0, "how many forms a motif has in all; 0 is one of its own for each drawing")
	group := flag.Bool("group", false, "only as many motifs as a group has that is repeated to fill a picture")
	vocabulary := flag.Bool("vocabulary", false, "print the words of the captions and stop")
	flag.Parse()
	if *vocabulary {
		_, err := fmt.Println(strings.Join(draw.Vocabulary(), "\n"))
		return err
	}
	o := corpus.Options{From: *from, N: *n, Size: *size, Workers: *workers, Figures: *figures, Group: *group}
	if *heldOut {
		o.Which = corpus.HeldOut
	}
	if *families != "" {
		o.Families = strings.Split(*families, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := corpus.Stream(ctx, os.Stdout, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stderr).Encode(report)
}
