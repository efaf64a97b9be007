package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
)

// stepRuns is how many forwards a process times after its first.
const stepRuns = 2

func (b *bench) head() {
	b.printf("# Benchmarks\n\nWritten by `make bench`; do not edit. Every figure is the median of some rounds, each in a fresh process,\n")
	b.printf("ours and the peers' in turn; a section says of how many, and on which machine.\n")
	if b.why != "" {
		b.printf("\nThe peers did not run: %s.\n", b.why)
	}
}

// processor is the processor's name and what it has for numbers.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "a processor that the system does not name"
	}
	name, flags := "", ""
	for line := range strings.SplitSeq(string(text), "\n") {
		k, v, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(k) {
		case "model name":
			name = strings.TrimSpace(v)
		case "flags":
			flags = v
		}
	}
	for _, f := range []string{"amx_bf16", "avx512_bf16", "avx512f", "avx2"} {
		if strings.Contains(flags, f) {
			return name + " (" + f + ")"
		}
	}
	return name
}

// model makes the random model of Stable Diffusion 1.5's shape once.
func (b *bench) model(ctx context.Context) (string, error) {
	dir := filepath.Join(b.cache, "sd15")
	if b.python == "" {
		return "", fmt.Errorf("the random model is made by the peers: %s", b.why)
	}
	if _, err := os.Stat(filepath.Join(dir, "model_index.json")); err != nil {
		if _, err := b.peer(ctx, "model", dir); err != nil {
			return "", err
		}
	}
	tok := filepath.Join(dir, "tokenizer")
	if _, err := os.Stat(filepath.Join(tok, "vocab.json")); err != nil {
		if err := os.MkdirAll(tok, 0o755); err != nil {
			return "", err
		}
		files, err := weights.CLIPTokenizer("<|endoftext|>")
		if err != nil {
			return "", err
		}
		for name, text := range map[string][]byte{
			"vocab.json": files.Vocab, "merges.txt": files.Merges, "tokenizer_config.json": files.Config, "special_tokens_map.json": files.SpecialTokensMap,
		} {
			if len(text) == 0 {
				continue // it says nothing that the others do not
			}
			if err := os.WriteFile(filepath.Join(tok, name), text, 0o644); err != nil { //nolint:gosec // no secret
				return "", err
			}
		}
	}
	return dir, nil
}

// exported is model with its UNet as PyTorch exports it beside it.
func (b *bench) exported(ctx context.Context) (string, error) {
	dir, err := b.model(ctx)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "exported", "unet.onnx")); err != nil {
		if _, err := b.peer(ctx, "export", dir); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func (b *bench) unet(ctx context.Context) error {
	dir, err := b.exported(ctx)
	if err != nil {
		return err
	}
	runs := strconv.Itoa(stepRuns)
	mine := func(args ...string) func(context.Context) (figures, error) {
		return func(ctx context.Context) (figures, error) {
			return b.mine(ctx, append([]string{"step", dir, runs}, args...)...)
		}
	}
	exact, coarse := filepath.Join(b.cache, "sample-cpu"), filepath.Join(b.cache, "sample-bf16")
	peer := func(name string) func(context.Context) (figures, error) {
		return func(ctx context.Context) (figures, error) { return b.peer(ctx, "step", name, dir, runs) }
	}
	exported := &contestant{name: "ONNX Runtime on PyTorch's export", run: peer("onnxruntime")}
	all := []*contestant{
		{name: "Selvage, no repeat", run: mine("cpu", exact, "none")},
		{name: "Selvage through OpenVINO, bf16", run: func(ctx context.Context) (figures, error) {
			return b.throughOpenVINO(ctx, "step", dir, runs, "openvino:cpu-bf16", coarse, "none")
		}},
		exported,
		{name: "PyTorch fp32", run: peer("torch-fp32")},
		{name: "PyTorch bf16", run: peer("torch-bf16")},
		{name: "OpenVINO fp32", run: peer("openvino-fp32")},
		{name: "OpenVINO bf16", run: peer("openvino-bf16")},
	}
	if err := b.compete(ctx, all); err != nil {
		return err
	}
	b.printf("| | seconds a forward | over ONNX Runtime on the export | load, s | first run, s | peak memory, GiB | over the export's |\n|---|---|---|---|---|---|---|\n")
	for _, c := range all {
		if len(c.rounds) == 0 {
			b.printf("| %s | not run: %s | | | | | |\n", c.name, c.skipped)
			continue
		}
		b.printf("| %s | %.2f | %s | %.1f | %.1f | %.2f | %s |\n", c.name, c.over(seconds), c.ratio(exported, seconds),
			c.over(func(f figures) float64 { return f.LoadSeconds }), c.over(func(f figures) float64 { return f.First }),
			c.over(peak)/(1<<30), c.ratio(exported, peak))
	}
	if off, err := apart(exact, coarse); err == nil {
		b.printf("\nThrough OpenVINO in bf16 the output of one forward is %.1f %% off fp32 (root mean square, relative), and PyTorch's and\nOpenVINO's own bf16 are of that kind. It is a device that a person may choose: gpu/DESIGN.md says what it costs.\n", 100*off)
	}
	b.printf("\nGoal: at most 1.05 of the time and 1.1 of the memory of ONNX Runtime on the export.\n")
	return nil
}

func (b *bench) first(ctx context.Context) error {
	dir, err := b.model(ctx)
	if err != nil {
		return err
	}
	them := &contestant{name: "diffusers, fp32", run: func(ctx context.Context) (figures, error) { return b.peer(ctx, "first", dir) }}
	mine := func(name, device string) *contestant {
		return &contestant{name: name, run: func(ctx context.Context) (figures, error) { return b.mine(ctx, "first", dir, device) }}
	}
	all := []*contestant{mine("Selvage as it starts", ""), mine("Selvage, cpu", "cpu"), mine("Selvage, cpu:bf16", "cpu:bf16"), them}
	if err := b.compete(ctx, all); err != nil {
		return err
	}
	b.printf("| | seconds | over diffusers | processor seconds | over diffusers | peak memory, GiB |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		if len(c.rounds) == 0 {
			b.printf("| %s | not run: %s | | | | |\n", c.name, c.skipped)
			continue
		}
		cpu := func(f figures) float64 { return f.CPU }
		b.printf("| %s | %.1f | %s | %.1f | %s | %.2f |\n", c.name, c.over(seconds), c.ratio(them, seconds), c.over(cpu), c.ratio(them, cpu), c.over(peak)/(1<<30))
	}
	b.printf("\nGoal: at most half of diffusers'. As it starts it takes cpu:bf16x2 where the processor has AMX, else cpu. On a\nmachine that others use the processor's seconds say more than the clock.\n")
	return nil
}

// tiles compares the devices that multiply in bfloat16 with single precision.
func (b *bench) tiles(ctx context.Context) error {
	dir, err := b.model(ctx)
	if err != nil {
		return err
	}
	var all []*contestant
	sample := func(i int) string { return filepath.Join(b.cache, "sample-tiles-"+strconv.Itoa(i)) }
	for i, device := range []string{"cpu", "cpu:bf16x2", "cpu:bf16"} {
		all = append(all, &contestant{name: device, run: func(ctx context.Context) (figures, error) {
			return b.mine(ctx, "step", dir, strconv.Itoa(stepRuns), device, sample(i), "none")
		}})
	}
	if err := b.compete(ctx, all); err != nil {
		return err
	}
	b.printf("| device | seconds a forward | processor seconds a forward | processor seconds of the load | peak memory, GiB | off cpu |\n|---|---|---|---|---|---|\n")
	for i, c := range all {
		if len(c.rounds) == 0 {
			b.printf("| %s | not run: %s | | | | |\n", c.name, c.skipped)
			continue
		}
		off := ""
		if d, err := apart(sample(0), sample(i)); err == nil && i > 0 {
			off = fmt.Sprintf("%.2g %%", 100*d)
		}
		value := func(key string) float64 { return c.over(func(f figures) float64 { return f.Values[key] }) }
		b.printf("| %s | %.2f | %.2f | %.2f | %.2f | %s |\n", c.name, c.over(seconds), value("forward"), value("load"), c.over(peak)/(1<<30), off)
	}
	b.printf("\nOff: root mean square of the difference over that of the output, random weights. gpu/DESIGN.md says what the devices are.\n")
	return nil
}

func (b *bench) lattice(ctx context.Context) error {
	dir, err := b.model(ctx)
	if err != nil {
		return err
	}
	runs := strconv.Itoa(stepRuns)
	var all []*contestant
	for _, l := range [][]string{{"none"}, {"block"}, {"half-drop", "1/2"}, {"brick", "1/2"}, {"x"}} {
		all = append(all, &contestant{name: strings.Join(l, " "), run: func(ctx context.Context) (figures, error) {
			return b.mine(ctx, append([]string{"step", dir, runs, "cpu", ""}, l...)...)
		}})
	}
	if err := b.compete(ctx, all); err != nil {
		return err
	}
	b.printf("| repeat | seconds a forward | over none |\n|---|---|---|\n")
	for _, c := range all {
		if len(c.rounds) == 0 {
			b.printf("| %s | not run: %s | |\n", c.name, c.skipped)
			continue
		}
		b.printf("| %s | %.2f | %s |\n", c.name, c.over(seconds), c.ratio(all[0], seconds))
	}
	b.printf("\nGoal: at most 1.10.\n")
	return nil
}

func (b *bench) starter(ctx context.Context) error {
	c := &contestant{name: "starter", run: func(ctx context.Context) (figures, error) { return b.mine(ctx, "starter") }}
	if err := b.compete(ctx, []*contestant{c}); err != nil {
		return err
	}
	if len(c.rounds) == 0 {
		return fmt.Errorf("it did not run: %s", c.skipped)
	}
	of := func(name string) float64 { return c.over(func(f figures) float64 { return f.Values[name] }) }
	b.printf("| | the group that fills it | as often as the critic may ask, %d times | every sample by the model |\n|---|---|---|---|\n", starter.Tries)
	for _, row := range []struct{ name, value string }{{"whole generation, s", " total"}, {"the runtime's own runs, all threads, s", " runs"}} {
		b.printf("| %s | %.2f | %.2f | %.2f |\n", row.name, of("group"+row.value), of("tries"+row.value), of("whole"+row.value))
	}
	b.printf("| whole over runs | %.3f | (beside each other) | %.3f |\n", of("group total")/of("group runs"), of("whole total")/of("whole runs"))
	b.printf("\nThe program makes the group, anew until its critic finds in it what was asked for; variations and repairs of a picture are sampled whole. " +
		"The critic's own run counts as whole, not as one of the runs. Goals: at most 1.1 of the runs, and at most 4 s.\n")
	return nil
}

func (b *bench) rolling(ctx context.Context) error {
	f, err := b.mine(ctx, "rolling")
	if err != nil {
		return err
	}
	b.printf("The share of the steps that roll the plane at random with open edges, before the others wrap.\n\n| rolled share | prompts followed | seams proved | worst seam |\n|---|---|---|---|\n")
	for _, roll := range rollShares() {
		k := strconv.FormatFloat(roll, 'g', 3, 64)
		b.printf("| %s | %.0f %% | %.0f %% | %.2f |\n", k, 100*f.Values["followed "+k], 100*f.Values["proved "+k], f.Values["worst "+k])
	}
	b.printf("\nFollowed: the number of colours that the prompt names is the number of positions that cover more than 1.5 %% of\nthe cell, and stripes run as they are told. %d prompts, %d seeds each.\n", len(rollingPrompts()), rollingSeeds)
	return nil
}

func (b *bench) graphs(ctx context.Context) error {
	f, err := b.mine(ctx, "graphs")
	if err != nil {
		return err
	}
	b.printf("| | |\n|---|---|\n| SDXL's full UNet at 1024 x 1024, half-drop, ms | %.0f |\n\nGoal: under 300 ms.\n", 1000*f.median())
	return nil
}
