package session

import (
	"errors"
	"io"
	"os"
	"time"
)

func isDate(text string) bool {
	at, err := time.Parse(time.DateOnly, text)
	return err == nil && at.Format(time.DateOnly) == text
}

// copyPlain copies one file to a place where there is none, down to the disk.
func copyPlain(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
