package prompt

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/selvage-studio/selvage/engine/internal/golden"
)

func TestGolden(t *testing.T) {
	golden.Run(t, golden.Prompt, func(t *testing.T, s *golden.Suite, c golden.Case) (golden.Tensors, []string) {
		var p struct {
			Prompts   []string `json:"prompts"`
			Tokenizer string   `json:"tokenizer"`
		}
		if err := c.Decode(&p); err != nil {
			t.Fatal(err)
		}
		m := s.Models[c.Model]
		root := m.Path
		if m.Config != "" {
			root = m.Config
		}
		tok := openTokenizer(t, filepath.Join(s.Path(root), p.Tokenizer))
		var ids, full, lengths []int64
		var rows [][]int64
		longest := 0
		for _, text := range p.Prompts {
			ids = append(ids, tok.EncodeWindow(text)...)
			row := append(append([]int64{tok.bos}, tok.Encode(text)...), tok.eos)
			lengths = append(lengths, int64(len(row)))
			rows = append(rows, row)
			longest = max(longest, len(row))
		}
		for _, row := range rows {
			for len(row) < longest {
				row = append(row, -1)
			}
			full = append(full, row...)
		}
		n := len(p.Prompts)
		return golden.Tensors{
			"full_lengths": golden.Ints(lengths, n),
			"full_ids":     golden.Ints(full, n, longest),
			"ids":          golden.Ints(ids, n, tok.Window()),
		}, []string{"full_lengths", "full_ids", "ids"}
	})
}

// openTokenizer reads a tokenizer's folder.
func openTokenizer(t testing.TB, dir string) *Tokenizer {
	t.Helper()
	read := func(name string, must bool) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && (must || !os.IsNotExist(err)) {
			t.Fatal(err)
		}
		return b
	}
	cfg, err := ParseConfig(read("tokenizer_config.json", false), read("special_tokens_map.json", false))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := NewTokenizer(read("vocab.json", true), read("merges.txt", true), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
