package session

import (
	"encoding/json"
	"fmt"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// requestVersion is raised when a field changes its meaning.
const requestVersion = 1

// Request is everything that decides a generated repeat, as the command line
// and the window ask for it. Zero values stand for the model's own defaults.
// A working file carries the request as it was completed, so that it can be
// made again.
type Request struct {
	Version  int    `json:"version"`
	Prompt   string `json:"prompt"`
	Negative string `json:"negative,omitempty"`
	// Model is "starter", the name of an installed model, or a path.
	Model string `json:"model"`
	// ModelHash is the SHA-256 over the model's files, filled in when it runs.
	ModelHash string `json:"model_sha256,omitempty"`
	LoRAs     []LoRA `json:"loras,omitempty"`

	Sampler  string  `json:"sampler,omitempty"`
	Steps    int     `json:"steps,omitempty"`
	Guidance float64 `json:"guidance,omitempty"`
	Rescale  float64 `json:"guidance_rescale,omitempty"`
	ClipSkip int     `json:"clip_skip,omitempty"`
	Seed     uint64  `json:"seed"`
	Count    int     `json:"-"`
	// Tries is how often at most a model with a critic is sampled until the critic finds
	// what the prompt asks for; 1 takes the first sample.
	Tries int `json:"tries,omitempty"`
	// Roll is the share of the steps that roll the plane before the others
	// wrap; nil is the model's own.
	Roll *float64 `json:"roll,omitempty"`

	Repeat Repeat `json:"repeat"`
	// Width and Height are generated pixels of the cell; 0 leaves them to the
	// physical size.
	Width        int            `json:"width,omitempty"`
	Height       int            `json:"height,omitempty"`
	RepeatWidth  pattern.Length `json:"repeat_width_mm,omitempty"`
	RepeatHeight pattern.Length `json:"repeat_height_mm,omitempty"`
	DPI          float64        `json:"dpi,omitempty"`

	Init     *File   `json:"init,omitempty"`
	Strength float64 `json:"strength,omitempty"`
	Mask     *File   `json:"mask,omitempty"`
	// ControlNet is a path or an installed model, Control the picture.
	ControlNet   string  `json:"controlnet,omitempty"`
	Control      *File   `json:"control,omitempty"`
	ControlScale float64 `json:"control_scale,omitempty"`
	// Upscaler is a path or an installed model that enlarges what was
	// generated to the physical size.
	Upscaler string `json:"upscaler,omitempty"`

	// Palette is chips as #rrggbb, ground first, for models that make screens.
	Palette []string `json:"palette,omitempty"`
	Device  string   `json:"device,omitempty"`
	// MadeOn is the ID of the device that made the picture, filled in when it runs.
	// Devices differ in their precision, so that it says that as well; where Device
	// names none, the same one is taken again.
	MadeOn string `json:"made_on,omitempty"`
}

// LoRA is an adapter and how strongly it is added.
type LoRA struct {
	Path   string  `json:"path"`
	Weight float64 `json:"weight"`
	SHA256 string  `json:"sha256,omitempty"`
}

// File is a picture that a request names, with the hash of what was read.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256,omitempty"`

	// data is its content where Path is a hash of a library's.
	data []byte
}

// Repeat is a pattern.Repeat that JSON writes as "half-drop 1/2".
type Repeat struct{ pattern.Repeat }

// MarshalJSON writes the layout with its drop.
func (r Repeat) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Repeat) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	kind, drop := s, ""
	for i := range s {
		if s[i] == ' ' {
			kind, drop = s[:i], s[i+1:]
			break
		}
	}
	var err error
	r.Repeat, err = pattern.ParseRepeat(kind, drop)
	return err
}

// UsageError is a request that was put wrongly, rather than one that failed.
type UsageError struct{ Reason string }

func (e *UsageError) Error() string { return e.Reason }

func usage(format string, a ...any) error { return &UsageError{fmt.Sprintf(format, a...)} }
