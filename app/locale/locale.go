// Package locale keeps the toolkit of the window quiet about a locale that is
// none. It is imported for its effect alone:
//
//	import _ "github.com/selvage-studio/selvage/app/locale"
//
// Under LANG=C.UTF-8, which containers and services have, the toolkit logs an
// error while its packages are initialised, for the command line as well, and
// goes on in English. This package says English in its stead. It comes first
// because Go initialises packages that are ready in the order of their paths
// (since 1.21), and the toolkit's needs golang.org/x/text/language, which comes
// after this one.
package locale

import (
	"os"
	"strings"
)

//nolint:gochecknoinits // it has to be done before other packages are initialised
func init() {
	if language := os.Getenv("LANGUAGE"); language == "" && none(effective(os.Getenv)) {
		// What is set wrongly here is a log line, nothing more.
		_ = os.Setenv("LANGUAGE", "en")
	}
}

// effective is the locale of messages, as POSIX finds it.
func effective(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// none says that a locale is POSIX's own with a character set, which names no
// language.
func none(locale string) bool {
	name, _, charset := strings.Cut(locale, ".")
	return charset && (name == "C" || name == "POSIX")
}
