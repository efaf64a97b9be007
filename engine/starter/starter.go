// Package starter is the model that ships inside the program: text to screens.
//
//	m, err := starter.Open()      // a weights.Model, for diffusion.New
//	...
//	group := starter.GroupFor(prompt, lattice, size)
//	made, err := pipeline.Generate(ctx, request, nil) // of the group's size and repeat
//	inked, err := starter.DefaultInking().Ink(group.Fill(made[0].Picture), repeat, most, size)
//
// It thinks as a textile printer does. Its pictures are no colours but
// screens, in the coding of engine/draw: the ground is black, the positions
// are red, green, blue, cyan, magenta and yellow in this order, and line work,
// or a seventh position, is white. Inking turns them into chips of a palette
// with clean edges at any enlargement; the colour words of a prompt choose the
// chips and are no business of the model's.
//
// What it learned from is known to the last drawing: OpenLineage says which
// drawings made by rule they were, and a test of this package draws them again
// and compares the hash. How well it does is in README.md, written by the
// training.
package starter

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/selvage-studio/selvage/engine/weights"
)

//go:embed model/model_index.json model/card.json model/lineage.json model/*/*.json model/tokenizer/merges.txt model/tokenizer/words.txt
var small embed.FS

//go:embed model/unet/diffusion_pytorch_model.safetensors
var unetWeights []byte

//go:embed model/vae/diffusion_pytorch_model.safetensors
var vaeWeights []byte

//go:embed model/critic/model.safetensors
var criticWeights []byte

//go:embed model/text_encoder/model.safetensors
var textWeights []byte

// Name is what the command line calls the model.
const Name = "starter"

// Honest is what the program says of the model wherever it uses it.
const Honest = "the starter is a small model that learned from drawings made by rule alone: checks, plaids, trellises, ogees, scallops, waves, stripes and plain motifs such as stars, daisies, hearts and dots come out, and so do arrangements and outlines, most birds, tulips, leaves and other figures as blots; good for a first look, not for finished work"

// Native is the side in pixels of the pictures that the model is made for; it
// was trained on groups of half that side (see Group).
const Native = 256

// Defaults that suit the model: a sampler by its name on the command line,
// its steps and the scale of guidance.
const (
	Sampler  = "dpmpp_2m"
	Steps    = 20
	Guidance = 4
)

// files is the model's folder.
func files() (fs.FS, error) {
	fsys, err := fs.Sub(small, "model")
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	return fsys, nil
}

// Open opens the model. Its weights are the program's own bytes: nothing is
// copied.
func Open() (*weights.Model, error) {
	fsys, err := files()
	if err != nil {
		return nil, err
	}
	return weights.OpenFS(fsys, Name, weights.WithBlobs(Blobs()))
}

// Blobs are the weights by their path in the model's folder: the program's own
// bytes, not to be written to.
func Blobs() map[string][]byte {
	return map[string][]byte{
		"unet/diffusion_pytorch_model.safetensors": unetWeights,
		"vae/diffusion_pytorch_model.safetensors":  vaeWeights,
		"text_encoder/model.safetensors":           textWeights,
		"critic/model.safetensors":                 criticWeights,
	}
}

// readFile reads a file of the model's folder that is no weights.
func readFile(name string) ([]byte, error) {
	fsys, err := files()
	if err != nil {
		return nil, err
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	return b, nil
}
