package prompt

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// small makes a tokenizer of all bytes and some merges. Its window has 12
// tokens, and it pads with "!" as Stable Diffusion 2 does where asked to.
func small(t testing.TB, pad string) *Tokenizer {
	t.Helper()
	merges := []string{"r e", "d </w>", "re d</w>", "t u", "l i", "tu li", "p s</w>", "tuli ps</w>", "a n", "an d</w>", "r o", "s e</w>", "ro se</w>", "a a", "aa aa", "aa a</w>"}
	vocab := map[string]int64{}
	for _, end := range []string{"", "</w>"} {
		for b := range 256 {
			vocab[string(byteLetter(byte(b)))+end] = int64(len(vocab))
		}
	}
	var kept []string
	for _, m := range merges {
		a, b, _ := strings.Cut(m, " ")
		_, okA := vocab[a]
		_, okB := vocab[b]
		if !okA || !okB {
			continue // "d </w>" is none: the end is part of the letter
		}
		vocab[a+b] = int64(len(vocab))
		kept = append(kept, m)
	}
	vocab["<|startoftext|>"] = int64(len(vocab))
	vocab["<|endoftext|>"] = int64(len(vocab))
	file, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	cfg := published()
	cfg.Window = 12
	if pad != "" {
		cfg.Pad = pad
	}
	tok, err := NewTokenizer(file, []byte("#version: 0.2\n"+strings.Join(kept, "\n")+"\n"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// spell turns ids back into pieces.
func spell(tok *Tokenizer, ids []int64) []string {
	names := map[int64]string{}
	for name, id := range tok.vocab {
		names[id] = name
	}
	var out []string
	for _, id := range ids {
		out = append(out, names[id])
	}
	return out
}

func TestEncode(t *testing.T) {
	tok := small(t, "")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{" \t\n\u2003", nil},
		{"Red TULIPS", []string{"red</w>", "tulips</w>"}},
		{"red,tulips", []string{"red</w>", ",</w>", "tulips</w>"}},
		{"64", []string{"6</w>", "4</w>"}},
		{"rose's", []string{"rose</w>", "'", "s</w>"}},
		{"aaaaa", []string{"aaaa", "a</w>"}},
		{"red<|endoftext|>red", []string{"red</w>", "<|endoftext|>", "red</w>"}},
		{"İ", []string{"i</w>", "Ì", "ĩ</w>"}}, // i, and a combining dot, which is no letter
		{"\xff", []string{"ï", "¿", "½</w>"}},
	} {
		if got := spell(tok, tok.Encode(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestSpecialTokens(t *testing.T) {
	tok := small(t, "!")
	got := spell(tok, tok.Encode("red!!"))
	if want := []string{"red</w>", "!", "!"}; !slices.Equal(got, want) {
		t.Errorf("the padding typed in a text: %q, want %q", got, want)
	}
	plain := small(t, "")
	got = spell(plain, plain.Encode("red!!"))
	if want := []string{"red</w>", "!", "!</w>"}; !slices.Equal(got, want) {
		t.Errorf("a mark that is no special token: %q, want %q", got, want)
	}
	if ids := plain.Encode("<|ENDOFTEXT|>"); slices.Contains(ids, plain.eos) {
		t.Error("a special token that is looked for as typed was found in capitals")
	}
	anyCase := small(t, "")
	anyCase.typed, anyCase.folded = specials(Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", AnyCase: []string{"<|endoftext|>"}})
	if ids := anyCase.Encode("red <|EndOfText|>"); len(ids) != 2 || ids[1] != anyCase.eos {
		t.Errorf("a special token of any case was not found in capitals: %q", spell(anyCase, ids))
	}
}

func TestEncodeWindow(t *testing.T) {
	tok := small(t, "!")
	got := spell(tok, tok.EncodeWindow("red tulips"))
	want := []string{"<|startoftext|>", "red</w>", "tulips</w>", "<|endoftext|>", "!", "!", "!", "!", "!", "!", "!", "!"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	full := tok.EncodeWindow(strings.Repeat("red ", 50))
	if len(full) != 12 || full[0] != tok.bos || full[11] != tok.eos {
		t.Errorf("a long text: %q", spell(tok, full))
	}
}

// naive merges the way the method is usually told: find the earliest merge,
// join the leftmost pair that it fits, begin again.
func naive(tok *Tokenizer, text string) []int64 {
	var ids []int64
	for i := range len(text) {
		if i == len(text)-1 {
			ids = append(ids, tok.last[text[i]])
		} else {
			ids = append(ids, tok.letter[text[i]])
		}
	}
	for {
		best, at := merge{rank: 1 << 30}, -1
		for i := range len(ids) - 1 {
			if m, ok := tok.merges[pairID(ids[i], ids[i+1])]; ok && m.rank < best.rank {
				best, at = m, i
			}
		}
		if at < 0 {
			return ids
		}
		ids = append(append(ids[:at:at], int64(best.id)), ids[at+2:]...)
	}
}

func TestMergesAreTheEarliestFirst(t *testing.T) {
	tok := small(t, "")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aaardetulipsnoé")), 1, 60, -1).Draw(t, "text")
		if got, want := tok.appendMerged(nil, text), naive(tok, text); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, spell(tok, got), spell(tok, want))
		}
	})
}

func TestEncodeDoesNotDependOnSpacesAndCase(t *testing.T) {
	tok := small(t, "")
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-z]{1,8}|[0-9]|[,.;-]`)).Draw(t, "words")
		space := rapid.SampledFrom([]string{" ", "  ", "\n", "\t ", "\u2003"}).Draw(t, "space")
		a := tok.Encode(strings.Join(words, " "))
		b := tok.Encode(space + strings.ToUpper(strings.Join(words, space)))
		if !slices.Equal(a, b) {
			t.Fatalf("%q and %q", spell(tok, a), spell(tok, b))
		}
	})
}

func TestNFC(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"cafe\u0301", "café"},
		{"a" + strings.Repeat("\u0301", 100), "á" + strings.Repeat("\u0301", 99)},
		// The dot below comes before any number of marks above.
		{"a" + strings.Repeat("\u0302", 60) + "\u0323", "ậ" + strings.Repeat("\u0302", 59)},
		{"a\u0338" + strings.Repeat("\u0301", 50), "á\u0338" + strings.Repeat("\u0301", 49)},
		{strings.Repeat("\u0301", 50), strings.Repeat("\u0301", 50)},
		{"\u212b" + strings.Repeat("\u0323", 40), "Ạ" + strings.Repeat("\u0323", 39) + "\u030a"},
		{"\u1112\u1161\u11ab" + strings.Repeat("\u0301", 40), "한" + strings.Repeat("\u0301", 40)},
	} {
		if got := nfc(c.in); got != c.want {
			t.Errorf("%+q: %+q, want %+q", c.in, got, c.want)
		}
	}
}

// Both ways of composing agree where x/text does not interfere.
func TestLongWayOfNFC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.OneOf(
			rapid.RuneFrom([]rune("aeoAE \u0301\u0323\u0302\u0338\u030a\u1112\u1161\u11abéÅ\u0344\u0f73")),
			rapid.Rune()), 0, 20, -1).Draw(t, "text")
		if longMarks(text) {
			return
		}
		if got, want := compose(decompose(text)), nfc(text); got != want {
			t.Fatalf("%+q: %+q, want %+q", text, got, want)
		}
	})
}

func TestParseConfig(t *testing.T) {
	const sd1 = `{"bos_token":{"__type":"AddedToken","content":"<|startoftext|>","normalized":true},
		"eos_token":{"__type":"AddedToken","content":"<|endoftext|>","normalized":true},
		"pad_token":"<|endoftext|>","model_max_length":77}`
	for _, c := range []struct {
		name, own, special string
		want               Config
	}{
		{"nothing", "", "", Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", Unknown: "<|endoftext|>", Pad: "<|endoftext|>", Window: 77}},
		{"the last mention of a token decides its case", sd1, "",
			Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", Unknown: "<|endoftext|>", Pad: "<|endoftext|>", Window: 77, AnyCase: []string{"<|startoftext|>"}}},
		{"the map has the last word", sd1, `{"pad_token":"!"}`,
			Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", Unknown: "<|endoftext|>", Pad: "!", Window: 77, AnyCase: []string{"<|startoftext|>"}}},
		{"unless the newer file lists its tokens", `{"pad_token":"<|endoftext|>","added_tokens_decoder":{"5":{"content":"<|endoftext|>","normalized":true,"special":true}}}`, `{"pad_token":"!"}`,
			Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", Unknown: "<|endoftext|>", Pad: "<|endoftext|>", Window: 77, AnyCase: []string{"<|endoftext|>"}}},
		{"no limit", `{"model_max_length":1000000000000000019884624838656}`, "",
			Config{BOS: "<|startoftext|>", EOS: "<|endoftext|>", Unknown: "<|endoftext|>", Pad: "<|endoftext|>", Window: 77}},
		{"another window", `{"model_max_length":32,"bos_token":"<s>","eos_token":"</s>"}`, `{"unk_token":"</s>","pad_token":"<s>"}`,
			Config{BOS: "<s>", EOS: "</s>", Unknown: "</s>", Pad: "<s>", Window: 32}},
	} {
		got, err := ParseConfig([]byte(c.own), []byte(c.special))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.BOS != c.want.BOS || got.EOS != c.want.EOS || got.Unknown != c.want.Unknown || got.Pad != c.want.Pad ||
			got.Window != c.want.Window || !slices.Equal(got.AnyCase, c.want.AnyCase) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	const vocab = `{"a":0,"b</w>":1,"ab</w>":2,"<|startoftext|>":3,"<|endoftext|>":4}`
	cfg := published()
	for _, c := range []struct{ name, vocab, merges, says string }{
		{"no JSON", "{", "", "vocab.json"},
		{"an id below zero", `{"a":-1}`, "", "out of range"},
		{"an id beyond 32 bits", `{"a":4294967296}`, "", "out of range"},
		{"no special tokens", `{"a":0}`, "", "<|startoftext|>"},
		{"a merge of one piece", vocab, "ab", "line 1"},
		{"a merge of three", vocab, "#version: 0.2\na b c", "line 2"},
		{"a merge of strangers", vocab, "x y", "lacks"},
		{"a merge into nothing", vocab, "b</w> a", "lacks"},
	} {
		_, err := NewTokenizer([]byte(c.vocab), []byte(c.merges), cfg)
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a FormatError about %s", c.name, err, c.says)
		}
	}
	if _, err := NewTokenizer([]byte(vocab), []byte("#version: 0.2\r\na b</w>\r\n"), cfg); err != nil {
		t.Errorf("files of Windows: %v", err)
	}
	cfg.Window = 2
	if _, err := NewTokenizer([]byte(vocab), nil, cfg); err == nil {
		t.Error("a window without room for a word was accepted")
	}
}

func TestUnknownBytes(t *testing.T) {
	tok, err := NewTokenizer([]byte(`{"a":0,"b</w>":1,"<|startoftext|>":3,"<|endoftext|>":4}`), nil, published())
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Encode("axb"); !slices.Equal(got, []int64{0, 4, 1}) {
		t.Errorf("ids %v", got)
	}
	if tok.Size() != 5 {
		t.Errorf("size %d, want 5", tok.Size())
	}
}

func TestUnknownWords(t *testing.T) {
	tok := small(t, "")
	got := tok.UnknownWords("(Red) tulips, a (velvet:1.2) rose and 3 velvet peonies' x, BREAK <|endoftext|> Dots", []string{"dots"})
	if want := []string{"velvet", "peonies"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := tok.UnknownWords(strings.Repeat("(", 100)+"velvet", nil); !slices.Equal(got, []string{"velvet"}) {
		t.Errorf("with brackets that are refused: %q", got)
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"Red tulips, 64cm", "İΣ\u0301\u0344", "<|endoftext|>!<|EndOfText|>", "'s're", "\xff\x00", strings.Repeat("a\u0301", 50)} {
		f.Add(s)
	}
	tok := small(f, "!")
	f.Fuzz(func(t *testing.T, text string) {
		ids := tok.Encode(text)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.Size() {
				t.Fatalf("id %d of %d", id, tok.Size())
			}
		}
		if len(text) <= 64 && !strings.Contains(text, " ") {
			if got := tok.Encode(text + " red"); !slices.Equal(got[:len(got)-1], ids) {
				t.Fatalf("a word after %q changed what came before", text)
			}
		}
		w := tok.EncodeWindow(text)
		if len(w) != tok.Window() || w[0] != tok.bos || !slices.Contains(w[1:], tok.eos) {
			t.Fatalf("window %v", w)
		}
	})
}

func FuzzFiles(f *testing.F) {
	f.Add([]byte(`{"a":0,"b</w>":1,"ab</w>":2,"<|startoftext|>":3,"<|endoftext|>":4}`), []byte("#version: 0.2\na b</w>\n"), []byte(`{"pad_token":"a","model_max_length":9}`))
	f.Add([]byte(`{}`), []byte("a"), []byte(`{"eos_token":{"content":"x","normalized":true}}`))
	f.Fuzz(func(t *testing.T, vocab, merges, config []byte) {
		cfg, err := ParseConfig(config, config)
		if err != nil {
			return
		}
		tok, err := NewTokenizer(vocab, merges, cfg)
		var fe *FormatError
		if err != nil {
			if !errors.As(err, &fe) {
				t.Fatalf("%v is no FormatError", err)
			}
			return
		}
		if ids := tok.EncodeWindow("ab AB <|EndOfText|> x"); len(ids) != tok.Window() {
			t.Fatalf("%d ids in a window of %d", len(ids), tok.Window())
		}
	})
}
