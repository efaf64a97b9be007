// Package weights reads what others trained: Stable Diffusion models as
// diffusers folders or single files, ControlNets, autoencoders, upscalers,
// LoRAs. It trusts none of them.
//
//	m, err := weights.Open("models/sd15")          // folder or .safetensors file
//	if err != nil { ... }
//	defer m.Close()
//	w, ok := m.UNet.Weights.Lookup("conv_in.weight") // a window of the mapped file
//
// Whatever layout the weights came in, their names are those of diffusers.
// Names of a text encoder always begin with "text_model." as in published
// models (save the projection of SDXL's second one, "text_projection.weight"):
// a folder that lacks the prefix gets it. VAE attention is linear layers named
// to_q, to_k, to_v and to_out.0, also where an old file says query or stores
// 1x1 convolutions. Buffers that are no weights (position_ids) are dropped.
//
// Tensors are windows of read-only mappings, so opening a model of 7 GB costs
// milliseconds; they are valid until the last Model that shares them is
// closed. Nothing is converted on opening: Float32s does that where numbers
// are needed.
//
// Errors that a caller may want to tell apart: *PickleError, *FormatError,
// *UnsupportedError, *MissingError, *ConfigError, *ShapeError, *LoRAError.
package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Family is the architecture that a model belongs to. Sizes come from the
// configurations, never from the family.
type Family string

// The families. Custom is a complete model of another kind, such as the
// starter; a lone autoencoder or upscaler has no family.
const (
	NoFamily Family = ""
	SD1      Family = "sd1"
	SD2      Family = "sd2"
	SDXL     Family = "sdxl"
	Custom   Family = "custom"
)

// Kind says what a model is for.
type Kind string

// The kinds of models.
const (
	Pipeline       Kind = "pipeline" // text to image: UNet and text encoder at least
	KindControlNet Kind = "controlnet"
	KindVAE        Kind = "vae"
	KindUpscaler   Kind = "upscaler"
	KindLoRA       Kind = "lora"
)

// Component is one network of a model: its configuration and its weights.
type Component[C any] struct {
	Config  C
	Weights *Set
	// Raw is the configuration as it was found, nil where it was inferred.
	Raw json.RawMessage
}

// Tokenizer is the files of a CLIP tokenizer. The first two are always there,
// the others may be nil.
type Tokenizer struct {
	Vocab            []byte // vocab.json: {"piece": id}
	Merges           []byte // merges.txt: one pair a line after a "#version" line
	Config           []byte // tokenizer_config.json
	SpecialTokensMap []byte // special_tokens_map.json
}

// Scheduler is the scheduler that a model was published with.
type Scheduler struct {
	Class string          // e.g. "DDIMScheduler"
	JSON  json.RawMessage // the whole configuration, with _class_name; Python's Infinity and NaN are null
}

// Model is an open model. Components that it does not have are nil.
type Model struct {
	Name   string // of the folder or file, without extension
	Kind   Kind
	Family Family
	Root   string // absolute or as given; "" for an embedded one
	// Pipeline is model_index.json's class, or the one that matches a single
	// file, e.g. "StableDiffusionXLPipeline".
	Pipeline string

	UNet         *Component[UNetConfig]
	ControlNet   *Component[UNetConfig]
	VAE          *Component[VAEConfig]
	TextEncoder  *Component[TextConfig]
	TextEncoder2 *Component[TextConfig]
	Upscaler     *Component[UpscalerConfig]

	Tokenizer  *Tokenizer
	Tokenizer2 *Tokenizer
	Scheduler  *Scheduler

	// ForceZerosForEmptyPrompt is SDXL's: no negative prompt means zeros, not
	// the encoding of "".
	ForceZerosForEmptyPrompt bool

	// Card says where the model comes from and what it may be used for.
	Card Card
	// Assumed lists what the files do not say and was taken from the published
	// models of the family, in words for the person who uses it.
	Assumed []string
	// Ignored lists the names in a single file that no component uses.
	Ignored []string

	read      []Piece // the files that were read
	held      *holdings
	closeOnce sync.Once
	closeErr  error
}

// holdings is what must be given back when the last model that uses it is
// closed: mappings, memory, the holdings of a model that this one shares with.
type holdings struct {
	users atomic.Int32
	mu    sync.Mutex
	last  []func() error
}

// also has f called when the last user is gone.
func (h *holdings) also(f func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = append(h.last, f)
}

func (h *holdings) drop() error {
	if h.users.Add(-1) > 0 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, f := range h.last {
		errs = append(errs, f())
	}
	h.last = nil
	return errors.Join(errs...)
}

// joinDrop gives up what h holds because of err.
func joinDrop(err error, h *holdings) error { return errors.Join(err, h.drop()) }

// derived is a model with the components of m that holds h.
func (m *Model) derived(h *holdings) *Model {
	return &Model{
		Name: m.Name, Kind: m.Kind, Family: m.Family, Root: m.Root, Pipeline: m.Pipeline,
		UNet: m.UNet, ControlNet: m.ControlNet, VAE: m.VAE, TextEncoder: m.TextEncoder, TextEncoder2: m.TextEncoder2, Upscaler: m.Upscaler,
		Tokenizer: m.Tokenizer, Tokenizer2: m.Tokenizer2, Scheduler: m.Scheduler,
		ForceZerosForEmptyPrompt: m.ForceZerosForEmptyPrompt,
		Card:                     m.Card, Assumed: m.Assumed, Ignored: m.Ignored,
		held: h,
	}
}

// Close gives the model's files back. Weights of a model that was derived from
// this one (WithLoRAs) stay valid until that one is closed too. Close may be
// called more than once.
func (m *Model) Close() error {
	m.closeOnce.Do(func() {
		if m.held != nil {
			m.closeErr = m.held.drop()
		}
	})
	return m.closeErr
}

// Options change how a model is opened; the zero value suits most.
type options struct {
	config     string
	prediction string
	variant    string
	blobs      map[string][]byte
}

// Option is one of the With functions.
type Option func(*options)

// WithConfig names a diffusers folder, or a single config.json of the UNet,
// whose configurations, tokenizers and scheduler a single file takes.
func WithConfig(path string) Option { return func(o *options) { o.config = path } }

// WithPrediction says what the UNet predicts ("epsilon", "v_prediction" or
// "sample") where the file itself cannot tell, and overrules the folder's
// scheduler.
func WithPrediction(kind string) Option { return func(o *options) { o.prediction = kind } }

// WithVariant asks for the files of a variant, such as "fp16" for
// diffusion_pytorch_model.fp16.safetensors. Without it the plain files are
// taken, and the fp16 variant where there are none.
func WithVariant(name string) Option { return func(o *options) { o.variant = name } }

// WithBlobs gives the contents of large files, by their slash-separated path
// in the fs.FS of OpenFS. Tensors then point into these bytes, where
// embed.FS.ReadFile would copy them onto the heap.
func WithBlobs(blobs map[string][]byte) Option { return func(o *options) { o.blobs = blobs } }

func gather(opts []Option) (options, error) {
	var o options
	for _, f := range opts {
		f(&o)
	}
	if o.prediction != "" && !slices.Contains([]string{"epsilon", "v_prediction", "sample"}, o.prediction) {
		return o, fmt.Errorf("weights: prediction %q is none of epsilon, v_prediction, sample", o.prediction)
	}
	return o, nil
}
