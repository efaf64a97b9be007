package xmp_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// askExifTool reads metadata with exiftool, by group and name.
func askExifTool(t *testing.T, files map[string][]byte, args ...string) map[string]map[string]any {
	t.Helper()
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool is not installed; make setup-test installs it")
	}
	dir := t.TempDir()
	args = append([]string{"-json", "-n", "-struct", "-G1", "-a"}, args...)
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), "exiftool", args...).Output()
	if err != nil {
		t.Fatalf("exiftool: %v\n%s", err, out)
	}
	var list []map[string]any
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, m := range list {
		all[filepath.Base(m["SourceFile"].(string))] = m
	}
	return all
}

// exiftool reads every field by the name that IPTC and PLUS give it, in every format,
// and finds nothing wrong with the files.
func TestExifToolReadsEveryField(t *testing.T) {
	files := map[string][]byte{}
	plain := pictures(t)
	packet := build(t, everything())
	for name, file := range plain {
		files[name] = embed(t, file, packet)
	}
	got := askExifTool(t, files, "-XMP:all")
	want := map[string]any{
		"XMP-iptcExt:DigitalSourceType":   "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
		"XMP-iptcExt:AISystemUsed":        "Starter <α>",
		"XMP-iptcExt:AISystemVersionUsed": "1.0 & more",
		"XMP-iptcExt:AIPromptInformation": "peonies on ink, “dense”\r\n\t]]> 牡丹",
		"XMP-iptcExt:AIPromptWriterName":  "Ida Nørd",
		"XMP-TC260:AIGC":                  `{"Label":"1","ContentProducer":"Studio \"Nord\"","ProduceID":"p-7f21ac","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}`,
		"XMP-dc:Title":                    "Pæonia",
		"XMP-dc:Description":              "A half-drop.",
		"XMP-dc:Creator":                  []any{"Ida Nørd", "Bo & Co"},
		"XMP-dc:Rights":                   "© 2026 Studio Nord",
		"XMP-photoshop:Credit":            "Studio Nord",
		"XMP-photoshop:Source":            "Selvage",
		"XMP-photoshop:Instructions":      "Lay straight.",
		"XMP-photoshop:DateCreated":       "2026:05:04",
		"XMP-xmp:CreatorTool":             "Selvage 1.0.0",
		"XMP-xmpRights:Marked":            true,
		"XMP-xmpRights:WebStatement":      "https://nord.example/licence?a=1&b=2",
		"XMP-xmpRights:UsageTerms":        "By licence only.",
		"XMP-plus:DataMining":             "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-SEECONSTRAINT",
		"XMP-plus:OtherConstraints":       "No training before 2030.",
		"XMP-plus:Licensor": []any{
			map[string]any{
				"LicensorName": "Studio Nord", "LicensorID": "did:key:z6Mk", "LicensorURL": "https://nord.example/", "LicensorEmail": "l@nord.example",
				"LicensorTelephone1": "+45 1", "LicensorCity": "Aarhus", "LicensorCountry": "Denmark",
			},
			map[string]any{"LicensorName": "Agent"},
		},
	}
	for name := range files {
		found := got[name]
		delete(found, "SourceFile")
		// Versions that do not list a property spell it their own way, and those that know
		// a vocabulary leave out its address.
		if v, respelt := found["XMP-TC260:Aigc"]; respelt {
			found["XMP-TC260:AIGC"] = v
			delete(found, "XMP-TC260:Aigc")
		}
		if v, short := found["XMP-plus:DataMining"].(string); short && strings.HasPrefix(v, "DMI-") {
			found["XMP-plus:DataMining"] = "http://ns.useplus.org/ldf/vocab/" + v
		}
		for key, value := range want {
			if !reflect.DeepEqual(found[key], value) {
				t.Errorf("%s: %s is %#v", name, key, found[key])
			}
			delete(found, key)
		}
		if len(found) > 0 {
			t.Errorf("%s: there is more: %v", name, found)
		}
	}
	before, after := askExifTool(t, plain, "-validate", "-warning"), askExifTool(t, files, "-validate", "-warning")
	for name := range files {
		delete(before[name], "SourceFile")
		delete(after[name], "SourceFile")
		if !reflect.DeepEqual(before[name], after[name]) {
			t.Errorf("%s: exiftool said %v, and now %v", name, before[name], after[name])
		}
	}
}
