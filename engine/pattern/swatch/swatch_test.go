package swatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern/color"
)

func madeAt() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func sample() []Chip {
	chips := []Chip{
		{Position: 1, Name: "Ecru", Code: "11-0809", Lab: &color.Lab{50, 1.5, 8.75}, Illuminant: "D50", Observer: 2, Preview: color.Chip{R: 0xeb, G: 0xe0, B: 0xd0}},
		{Position: 2, Name: "Madder, \"old\"", Lab: &color.Lab{38.5, 45.25, -27.75}, Illuminant: "D65", Observer: 10, Preview: color.Chip{R: 168, G: 50, B: 50}},
		{Position: 3, Name: "Грунт 緑", Code: "X;7", Preview: color.Chip{R: 1, G: 2, B: 3}},
	}
	for i := range chips {
		chips[i] = chips[i].named()
	}
	return chips
}

func TestRoundTrips(t *testing.T) {
	for _, f := range []Format{ASE, ACO, CxF, CSV} {
		data, err := Write(f, sample(), madeAt())
		if err != nil {
			t.Fatal(f, err)
		}
		got, err := Read(data)
		if err != nil {
			t.Fatalf("%s: %v\n%.400q", f, err, data)
		}
		want := sample()
		if f == ASE || f == ACO {
			// The one has Lab alone, the others sRGB alone; codes are part of the name.
			want[0].Name, want[0].Code = "11-0809 Ecru", ""
			want[0].Preview = Preview(*want[0].Lab, "D50", 2)
			want[1].Lab, want[1].Illuminant, want[1].Observer = nil, "", 0
			want[2].Name, want[2].Code = "X;7 Грунт 緑", ""
			for i := range want {
				want[i] = want[i].named()
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", f, got, want)
		}
	}
}

func TestPreviewOfSRGBsOwnColours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := color.Chip{R: rapid.Uint8().Draw(t, "r"), G: rapid.Uint8().Draw(t, "g"), B: rapid.Uint8().Draw(t, "b")}
		got := Preview(c.RGB().Linear().CIELAB(), "D65", 2)
		for _, d := range []int{int(got.R) - int(c.R), int(got.G) - int(c.G), int(got.B) - int(c.B)} {
			if d < -1 || d > 1 {
				t.Errorf("%v came back as %v", c.Hex(), got.Hex())
			}
		}
	})
	// Photoshop's own sRGB red is Lab (54.29, 80.81, 69.89) under D50.
	if got := Preview(color.Lab{54.29, 80.81, 69.89}, "D50", 2); got.R < 254 || got.G > 4 || got.B > 4 {
		t.Errorf("red is %v", got.Hex())
	}
}

// TestFilesOfOthers reads what other implementations wrote: swatch 0.4.0,
// adobe-color-swatch 1.0.0 and colour-cxf 0.1.1, all of PyPI.
func TestFilesOfOthers(t *testing.T) {
	read := func(name string) []Chip {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		chips, err := Read(data)
		if err != nil {
			t.Fatal(name, err)
		}
		return chips
	}
	ase := read("swatch-0.4.0.ase")
	if len(ase) != 4 || ase[0].Name != "Madder" || ase[0].Preview.Hex() != "#a83232" || ase[1].Name != "Ünder Grey" || ase[1].Preview.Hex() != "#808080" ||
		ase[2].Lab == nil || math.Abs(ase[2].Lab[0]-52.5) > 1e-4 || ase[2].Lab[1] != -20.5 || ase[3].Preview.Hex() != "#0066cc" {
		t.Errorf("ase: %+v", ase)
	}
	aco := read("adobe-color-swatch-1.0.0.aco")
	if len(aco) != 4 || aco[0].Name != "Madder" || aco[0].Preview.Hex() != "#a83232" || aco[1].Name != "Sea" || aco[1].Preview.Hex() == "#000000" || aco[2].Name != "Ink" || aco[3].Preview.Hex() != "#010203" {
		t.Errorf("aco: %+v", aco)
	}
	cxf := read("colour-cxf-0.1.1.cxf")
	if len(cxf) != 3 || *cxf[0].Lab != (color.Lab{38.5, 45.25, 27.75}) || cxf[0].Illuminant != "D50" || cxf[0].Observer != 2 ||
		cxf[1].Illuminant != "D65" || cxf[1].Observer != 10 || math.Abs(cxf[1].Lab[1]-30*math.Cos(200*math.Pi/180)) > 1e-9 || cxf[2].Preview.Hex() != "#a8323c" {
		t.Errorf("cxf: %+v", cxf)
	}
}

// TestOthersReadOurs asks the same implementations, where Python has them.
func TestOthersReadOurs(t *testing.T) {
	python := os.Getenv("SELVAGE_PYTHON")
	if python == "" {
		python = "python3"
	}
	dir := t.TempDir()
	for _, c := range []struct {
		format         Format
		module, script string
	}{
		{ASE, "swatch.writer", `import swatch
out = [[c["name"], c["data"]["mode"].strip()] + list(c["data"]["values"]) for c in swatch.parse(path)]`},
		{CxF, "colour_cxf", `import colour_cxf
f = colour_cxf.read_cxf_from_file(path)
spec = {s.id: s.tristimulus_spec for s in f.resources.color_specification_collection.color_specification}
out = []
for o in f.resources.object_collection.object_value:
    for v in o.color_values.choice:
        if type(v).__name__ == "ColorCielab":
            s = spec[v.color_specification]
            out.append([o.name, s.illuminant_or_custom_illuminant.value.value + "/" + s.observer.value.value, v.l, v.a, v.b])`},
	} {
		t.Run(string(c.format), func(t *testing.T) {
			if exec.Command(python, "-c", "import "+c.module).Run() != nil {
				t.Skipf("%s has no module %s: pip install swatch colour-cxf", python, c.module)
			}
			data, err := Write(c.format, sample(), madeAt())
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "chips."+string(c.format))
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(python, "-c", "import sys, json\npath = sys.argv[1]\n"+c.script+"\nprint(json.dumps(out))", path).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var rows [][]any
			if err := json.Unmarshal(out, &rows); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if c.format == ASE {
				if len(rows) != 3 || rows[0][0] != "11-0809 Ecru" || rows[0][1] != "LAB" || math.Abs(rows[0][2].(float64)-0.5) > 1e-6 || rows[2][0] != "X;7 Грунт 緑" || rows[2][1] != "RGB" {
					t.Errorf("it reads %v", rows)
				}
			} else if len(rows) != 2 || rows[0][1] != "D50/2_Degree" || rows[0][2] != 50.0 || rows[1][1] != "D65/10_Degree" || rows[1][4] != -27.75 {
				t.Errorf("it reads %v", rows)
			}
		})
	}
}

func TestTablesOfOthers(t *testing.T) {
	for _, s := range []string{
		"name;L;a;b\nsea;52,5;-20,5;-31,25\n",
		"\xef\xbb\xbfNAME\tHex\nsea\t#2c46ad\n",
		"b,a,l,name\n-31.25,-20.5,52.5,sea\n",
	} {
		got, err := Read([]byte(s))
		if err != nil || len(got) != 1 || got[0].Name != "sea" || got[0].Lab != nil && *got[0].Lab != (color.Lab{52.5, -20.5, -31.25}) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	var fe *FormatError
	for name, data := range map[string]string{
		"nothing":           "",
		"no colours":        "name,srgb\n",
		"no head":           "madder,sea\n1,2\n",
		"bad position":      "position,srgb\n-1,#ffffff\n",
		"bad hex":           "srgb\n#12345\n",
		"lab that is none":  "l,a,b\n1,NaN,3\n",
		"a picture":         "\x89PNG\r\n\x1a\n\x00\x00",
		"ase cut":           "ASEF\x00\x01\x00\x00\x00\x00\x00\x02\x00\x01\x00\x00\x00\x08",
		"ase endless block": "ASEF\x00\x01\x00\x00\x00\x00\x00\x01\x00\x01\xff\xff\xff\xff",
		"aco that lies":     "\x00\x01\xff\xff\x00\x00",
		"aco endless name":  "\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff",
		"another xml":       "<svg xmlns='http://www.w3.org/2000/svg'/>",
		"cxf cut":           "<CxF xmlns='http://colorexchangeformat.com/CxF3-core'><Resources>",
	} {
		if got, err := Read([]byte(data)); !errors.As(err, &fe) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := Read(make([]byte, MaxBytes+1)); !errors.As(err, &fe) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Write("acb", sample(), madeAt()); !errors.As(err, &fe) {
		t.Errorf("unknown format: %v", err)
	}
	if _, err := Write(ASE, nil, madeAt()); !errors.As(err, &fe) {
		t.Errorf("no chips: %v", err)
	}
	odd := sample()
	odd[0].Illuminant = "candle"
	if _, err := Write(CxF, odd, madeAt()); !errors.As(err, &fe) || !strings.Contains(err.Error(), "candle") {
		t.Errorf("an illuminant without name: %v", err)
	}
}

// FuzzRead: what is read can be written in every format, and read again.
func FuzzRead(f *testing.F) {
	for _, format := range []Format{ASE, ACO, CxF, CSV} {
		data, err := Write(format, sample(), madeAt())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	for _, name := range []string{"swatch-0.4.0.ase", "adobe-color-swatch-1.0.0.aco", "colour-cxf-0.1.1.cxf"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		chips, err := Read(data)
		if err != nil {
			var fe *FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for i := range chips {
			if !cxfIlluminant(chips[i].Illuminant) {
				chips[i].Illuminant = "D50"
			}
		}
		for _, format := range []Format{ASE, ACO, CxF, CSV} {
			out, err := Write(format, chips, madeAt())
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			again, err := Read(out)
			if err != nil || len(again) != len(chips) {
				t.Fatalf("%s: %d of %d chips, %v", format, len(again), len(chips), err)
			}
			if more, err := Write(format, again, madeAt()); err != nil || format != ASE && format != ACO && !bytes.Equal(more, out) {
				t.Fatalf("%s: written again it differs (%v)", format, err)
			}
		}
	})
}
