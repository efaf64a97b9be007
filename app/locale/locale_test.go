package locale

import "testing"

func TestNone(t *testing.T) {
	for locale, want := range map[string]bool{
		"C.UTF-8": true, "POSIX.utf8": true, "C": false, "": false, "en_GB.UTF-8": false, "de": false, "Cx.UTF-8": false,
	} {
		if none(locale) != want {
			t.Errorf("none(%q) is %v", locale, !want)
		}
	}
}

func TestEffective(t *testing.T) {
	env := map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": ""}
	if got := effective(func(n string) string { return env[n] }); got != "de_DE.UTF-8" {
		t.Errorf("%q", got)
	}
	env["LC_ALL"] = "C.UTF-8"
	if got := effective(func(n string) string { return env[n] }); got != "C.UTF-8" {
		t.Errorf("%q", got)
	}
}
