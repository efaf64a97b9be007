package diffusion

import (
	"testing"

	"github.com/selvage-studio/selvage/engine/internal/golden"
)

func TestGolden(t *testing.T) {
	golden.Run(t, golden.Diffusion, func(t *testing.T, s *golden.Suite, c golden.Case) (golden.Tensors, []string) {
		switch c.Kind {
		case "scheduler":
			return goldenScheduler(t, s, c)
		case "torch_randn":
			return goldenRandn(t, c)
		default:
			return runPipelineCase(t, s, c)
		}
	})
}
