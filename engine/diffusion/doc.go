// Package diffusion makes pictures by denoising: PyTorch's noise, diffusers'
// schedulers, guidance, and pipelines over the graphs of engine/graph, with the
// lattice of the repeat in every one of them.
//
//	p, err := diffusion.New(model, queue, diffusion.Extras{})
//	made, err := p.Generate(ctx, diffusion.Request{
//		Prompt: "red tulips on a cream ground", Width: 512, Height: 512,
//		Steps: 25, Guidance: 7, Seed: 1, Repeat: pattern.Repeat{Kind: pattern.HalfDrop},
//	}, func(g diffusion.Progress) { ... })
//
// A request that cannot be made is a *RequestError that names the field. A
// number that is not finite is a *NotANumberError that names the step. The same
// request on the same device gives the same bytes.
//
// Upscaler enlarges a cell without opening its seams. Schedulers, the noise and
// the arithmetic of guidance stand by themselves and are compared with
// diffusers', number by number, in the golden tests.
package diffusion
