// Package graph builds the networks of diffusion models as ONNX graphs, from
// their configurations and weights.
//
//	spec, err := graph.UNet(m.UNet.Config, m.UNet.Weights, graph.Options{
//		Batch: 2, Height: 64, Width: 64, Tokens: 77, // 512 x 512 pixels, with guidance
//		Repeat: pattern.Repeat{Kind: pattern.HalfDrop}, Fused: true,
//	})
//	program, err := queue.Load(ctx, spec)
//
// A graph is a few hundred kilobytes of nodes: it names its weights and holds
// none of them, and building it reads none of their bytes.
package graph
