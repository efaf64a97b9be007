package diffusion

import (
	"github.com/selvage-studio/selvage/engine/prompt"
	"github.com/selvage-studio/selvage/engine/weights"
)

func newTokenizer(f *weights.Tokenizer, c weights.TextConfig) (*prompt.Tokenizer, error) {
	cfg, err := prompt.ParseConfig(f.Config, f.SpecialTokensMap)
	if err != nil {
		return nil, err
	}
	if c.MaxPositionEmbeddings > 0 {
		cfg.Window = c.MaxPositionEmbeddings
	}
	return prompt.NewTokenizer(f.Vocab, f.Merges, cfg)
}

// windows lays texts into windows of every encoder's tokens: by encoder, by
// text.
func (p *Pipeline) windows(texts []string) ([][][]prompt.Chunk, error) {
	toks := make([]*prompt.Tokenizer, len(p.text))
	for i, e := range p.text {
		toks[i] = e.tokens
	}
	windows, err := prompt.Windows(toks, texts)
	if err != nil {
		return nil, &RequestError{Field: "prompt", Reason: err.Error()}
	}
	return windows, nil
}

// unknownWords lists the words of a prompt that a model with a vocabulary of
// its own was never shown. CLIP's vocabulary has pieces for everything, so
// nothing is known of its words.
func (p *Pipeline) unknownWords(text string) []string {
	if p.model.Family != weights.Custom {
		return nil
	}
	return p.text[0].tokens.UnknownWords(text, nil)
}
