package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/selvage-studio/selvage/app/session/library"
	"github.com/selvage-studio/selvage/engine/pattern/file"
)

// libraryEnv names the library where the caller does not.
const libraryEnv = "SELVAGE_LIBRARY"

// settings are what the program remembers of a person between two runs.
type settings struct {
	// Library is the folder of the library that was used last.
	Library string `json:"library,omitempty"`
	// Parties are the witnesses and authorities that may be asked.
	Parties []Party `json:"parties,omitempty"`
	// Certificate is the PEM file that signs pictures; "" is the studio's own authority.
	Certificate string `json:"certificate,omitempty"`
}

func (s *Session) settingsPath() string { return filepath.Join(s.cfg.DataDir, "settings.json") }

// settings reads what is remembered; a file that cannot be read is as good as none.
func (s *Session) settings() (set settings) {
	text, err := os.ReadFile(s.settingsPath())
	if err == nil && json.Unmarshal(text, &set) != nil {
		return settings{}
	}
	return set
}

// remember keeps dir as the library that was used last.
func (s *Session) remember(dir string) error {
	set := s.settings()
	if set.Library == dir {
		return nil
	}
	set.Library = dir
	return s.keep(set)
}

// keep writes the settings, whole or not at all.
func (s *Session) keep(set settings) error {
	text, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.cfg.DataDir, 0o777); err != nil {
		return err
	}
	var files file.Set
	err = files.Add(s.settingsPath(), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err == nil {
		err = files.Commit()
	}
	return errors.Join(err, files.Discard())
}

// libraryDir is the folder that is meant: dir, or what SELVAGE_LIBRARY names, or
// the last one used, or the first of a newcomer.
func (s *Session) libraryDir(dir string) (string, error) {
	for _, d := range []string{dir, os.Getenv(libraryEnv), s.settings().Library} {
		if d != "" {
			return filepath.Abs(d)
		}
	}
	return filepath.Abs(filepath.Join(s.cfg.DataDir, "Studio"+library.Extension))
}

// Library opens the library in dir, for reading until its pen is taken. An empty
// dir is what SELVAGE_LIBRARY names, or the last one used. Errors are those of
// library.Open.
func (s *Session) Library(dir string) (*library.Library, error) {
	path, err := s.libraryDir(dir)
	if err != nil {
		return nil, err
	}
	l, err := library.Open(path)
	if err != nil {
		return nil, err
	}
	return s.opened(l), s.used(dir, path)
}

// MakeLibrary is Library, but makes one where there is none; made says so.
func (s *Session) MakeLibrary(dir string) (l *library.Library, made bool, err error) {
	path, err := s.libraryDir(dir)
	if err != nil {
		return nil, false, err
	}
	_, err = os.Stat(filepath.Join(path, "library.json"))
	made = errors.Is(err, fs.ErrNotExist)
	if l, err = library.Create(path); err != nil {
		return nil, false, err
	}
	return s.opened(l), made, s.used(dir, path)
}

// opened is closed with the session.
func (s *Session) opened(l *library.Library) *library.Library {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.libraries = append(s.libraries, l)
	if s.attendant != nil {
		s.attendant.watch(l)
	}
	return l
}

// write takes the pen of a library for whoever works here.
func (s *Session) write(ctx context.Context, l *library.Library) (*library.Pen, error) {
	me, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	return l.Write(ctx, me)
}

// CanWrite says whether the library could be written now: the error of taking its pen.
func (s *Session) CanWrite(ctx context.Context, l *library.Library) error {
	pen, err := s.write(ctx, l)
	if err != nil {
		return err
	}
	return pen.Release()
}

// used remembers a library that was named. One that comes from the environment is
// somebody's choice for one shell, and changes nothing elsewhere.
func (s *Session) used(named, path string) error {
	if named == "" && os.Getenv(libraryEnv) != "" {
		return nil
	}
	if err := s.remember(path); err != nil {
		return fmt.Errorf("the last library cannot be remembered: %w", err)
	}
	return nil
}
