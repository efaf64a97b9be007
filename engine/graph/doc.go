// Package graph builds the networks of diffusion models as ONNX graphs, from
// their configurations and weights.
//
//	spec, err := graph.UNet(m.UNet.Config, m.UNet.Weights, graph.Options{
//		Batch: 2, Height: 64, Width: 64, Tokens: 77, // 512 x 512 pixels, with guidance
//		Repeat: pattern.Repeat{Kind: pattern.HalfDrop}, Fused: true,
//	})
//	program, err := queue.Load(ctx, spec)
//
// UNet, ControlNet, TextEncoder, VAEEncoder and VAEDecoder (AutoencoderKL),
// TinyEncoder and TinyDecoder (AutoencoderTiny), Upscaler (RRDBNet) and Classifier each
// name their inputs and outputs. Sizes come from the configuration; shapes are
// static, so that another size is another graph.
//
// A graph is a few hundred kilobytes of nodes: it names its weights and holds
// none of them, and building it reads none of their bytes (arrays that were
// made in memory are sampled for Spec.Key). A set that does not fit is a
// *WeightsError with every key, the shape wanted and the shape present; a
// repeat whose shift is no whole number of samples somewhere inside is a
// *ShiftError with the layer and its plane.
//
// # Repeats
//
// Every convolution takes its margin from the infinite plane of the repeat, at
// its own resolution, by Slice and Concat (see surround), never by Pad with
// mode wrap, which CoreML and DirectML refuse. A repeat is thus a property of
// the graph, and costs a copy of each convolution's input. With
// Options.WrapSwitch the strips are multiplied by an input, 1 or 0. With Options.Parts
// the margin is part of the operator, which takes it where it packs its input.
//
// # Forms
//
// Nodes are those of opset 20. What costs time is written so that ONNX Runtime
// needs no rewriting: linear layers are Gemm over rows with the stored
// transposition and the bias inside, the gated layer's two halves are two
// products over halves of one stored array, a doubled plane is convolved by
// four small kernels (see upConv). Options.Fused takes contributed operators
// where a provider has them right.
//
// # Numbers
//
// Timestep embeddings are computed in float32 in torch's order, because
// trained weights expect its rounding (see sinusoid). Epsilons that no
// configuration holds are constants beside the networks that use them.
package graph
