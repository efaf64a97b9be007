// Package sessiontest opens sessions for tests: a person with a passphrase that is quick to
// unlock, away from the system's key store and from everybody's own data.
package sessiontest

import (
	"context"
	"testing"

	"github.com/selvage-studio/selvage/app/session"
)

// Open opens a session of its own for a test and closes it after the test. What change sets
// counts over what a test has by itself.
func Open(t testing.TB, change ...func(*session.Config)) *session.Session {
	t.Helper()
	s, err := session.Open(Config(t, change...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Config is what Open opens a session with, for a test that closes it itself.
func Config(t testing.TB, change ...func(*session.Config)) session.Config {
	t.Helper()
	c := session.Config{
		DataDir: t.TempDir(), PersonName: "Anna", NoKeyStore: true, PassphraseWork: 4,
		Passphrase: func(context.Context, bool) (string, error) { return "test", nil },
	}
	for _, f := range change {
		f(&c)
	}
	return c
}
