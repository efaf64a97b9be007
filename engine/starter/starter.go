// Package starter is the model that ships inside the program: text to screens.
//
//	m, err := starter.Open()      // a weights.Model, for diffusion.New
//	...
//	made, err := pipeline.Generate(ctx, request, nil)
//	inked := starter.Ink(made[0].Picture, ...)
//
// It thinks as a textile printer does. Its pictures are no colours but
// screens: the ground is black, the first position red, the second green, the
// third blue, the ink of outlines white. Ink turns them into chips of a
// palette with clean edges at any enlargement; the colour words of a prompt
// choose the chips and are no business of the model's.
//
// The model is the pilot of half an hour's training on two cores, and Card
// says so.
package starter

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/selvage-studio/selvage/engine/weights"
)

//go:embed model/model_index.json model/card.json model/*/*.json model/tokenizer/merges.txt
var small embed.FS

//go:embed model/unet/diffusion_pytorch_model.safetensors
var unetWeights []byte

//go:embed model/vae/diffusion_pytorch_model.safetensors
var vaeWeights []byte

//go:embed model/text_encoder/model.safetensors
var textWeights []byte

// Name is what the command line calls the model.
const Name = "starter"

// Honest is what the program says of the model wherever it uses it.
const Honest = "the starter model is a pilot of half an hour's training on drawings made by rule: good for a first look, not for finished work"

// Native is the side in pixels of the pictures that the model was trained on.
const Native = 128

// Defaults that suit the model: a sampler by its name on the command line,
// its steps and the scale of guidance.
const (
	Sampler  = "dpmpp_2m"
	Steps    = 20
	Guidance = 3.5
)

// Open opens the model. Its weights are the program's own bytes: nothing is
// copied.
func Open() (*weights.Model, error) {
	fsys, err := fs.Sub(small, "model")
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	return weights.OpenFS(fsys, Name, weights.WithBlobs(map[string][]byte{
		"unet/diffusion_pytorch_model.safetensors": unetWeights,
		"vae/diffusion_pytorch_model.safetensors":  vaeWeights,
		"text_encoder/model.safetensors":           textWeights,
	}))
}
