// Package connect talks to the outside over HTTP. Nothing in it runs unless a
// person asked for that very thing, and it sends nothing but the request.
//
//	r, err := connect.Download{URL: address, Dir: dir}.Run(ctx)
//
// Today that is the download of a model by its address.
package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Download fetches one file over https, and goes on where it broke off: within
// one Run when the connection breaks, and in a later one when the program was
// ended in between. What has arrived so far lies in Dir as NAME.HASH.part, HASH
// being of the address, with what is needed to go on in a .json beside it; both
// are gone when the file is complete.
type Download struct {
	URL string // https, or http to this machine
	Dir string // where the file is put, under the name that the address ends in
	// SHA256 is the file's hash in hexadecimal where it is known beforehand;
	// another file is then refused.
	SHA256 string
	// Progress is told how many bytes have arrived of how many, -1 when the
	// server does not say.
	Progress func(done, total int64)
	// Client makes the requests; nil for a plain one.
	Client *http.Client
	// Wait pauses between attempts; nil for a pause that doubles from half a
	// second to half a minute.
	Wait func(ctx context.Context, attempt int) error
}

// Downloaded is a file that has arrived.
type Downloaded struct {
	Path    string
	Size    int64
	SHA256  string // lower-case hexadecimal, to be shown
	Resumed int64  // bytes that were there from an earlier Run
}

// attempts without a single new byte before Run gives up.
const attempts = 5

// StatusError is an answer of the server that is no file.
type StatusError struct {
	URL    string
	Status int
}

func (e *StatusError) Error() string {
	hint := ""
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = ": the publisher asks for a log-in or for agreement to a licence; download the file in a browser and add it from there"
	case http.StatusNotFound, http.StatusGone:
		hint = ": there is no such file; check the address"
	case http.StatusTooManyRequests:
		hint = ": the server wants fewer requests; try again later"
	}
	return fmt.Sprintf("%s answered %d %s%s", e.URL, e.Status, http.StatusText(e.Status), hint)
}

// HashError says that a file is another one than was asked for.
type HashError struct{ URL, Have, Want string }

func (e *HashError) Error() string {
	return fmt.Sprintf("%s has SHA-256 %s, expected %s: it was changed or damaged, and is not kept", e.URL, e.Have, e.Want)
}

// partial is what is remembered of an unfinished download.
type partial struct {
	URL       string `json:"url"`
	Validator string `json:"validator"` // strong ETag or Last-Modified, for If-Range
	Total     int64  `json:"total"`     // -1 unknown
}

// transient marks an error after which another attempt makes sense.
type transient struct{ error }

func (t transient) Unwrap() error { return t.error }

// Run downloads the file. On an error or when ctx ends, what has arrived stays
// for a later Run of the same address.
func (d Download) Run(ctx context.Context) (Downloaded, error) {
	u, err := url.Parse(d.URL)
	if err != nil {
		return Downloaded{}, fmt.Errorf("download: %w", err)
	}
	if err := permitted(u); err != nil {
		return Downloaded{}, err
	}
	want := strings.ToLower(d.SHA256)
	if b, err := hex.DecodeString(want); err != nil || len(b) != 0 && len(b) != sha256.Size {
		return Downloaded{}, fmt.Errorf("download: %q is no SHA-256 in hexadecimal", d.SHA256)
	}
	if err := os.MkdirAll(d.Dir, 0o755); err != nil {
		return Downloaded{}, fmt.Errorf("download: %w", err)
	}
	name := fileName(u)
	t := &transfer{Download: d, client: d.client(), part: filepath.Join(d.Dir, partName(name, d.URL)), hash: sha256.New(), total: -1}
	if err := t.recall(); err != nil {
		return Downloaded{}, err
	}
	resumed := t.done
	if err := t.fetch(ctx); err != nil {
		return Downloaded{}, err
	}
	sum := hex.EncodeToString(t.hash.Sum(nil))
	if want != "" && sum != want {
		return Downloaded{}, errors.Join(&HashError{URL: d.URL, Have: sum, Want: want}, t.discard())
	}
	final, err := t.keep(name)
	if err != nil {
		return Downloaded{}, err
	}
	return Downloaded{Path: final, Size: t.done, SHA256: sum, Resumed: min(resumed, t.resumedFrom)}, nil
}

// permitted refuses addresses that others on the way could read or change.
func permitted(u *url.URL) error {
	switch {
	case u.Host == "":
		return fmt.Errorf("download: %q is no address", u.Redacted())
	case u.User != nil:
		return fmt.Errorf("download: the address of %s holds a password; it would end up in the model's card", u.Host)
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("download: %s is not https: others on the way could change the file", u.Redacted())
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// fileName is the name that an address ends in, made harmless.
func fileName(u *url.URL) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, path.Base(u.Path))
	if name = strings.TrimLeft(name, "."); name == "" || name == "_" {
		return "model"
	}
	if len(name) > 200 {
		name = name[len(name)-200:]
	}
	return name
}

// partName is the name of an unfinished file; those of two addresses never
// meet.
func partName(name, address string) string {
	sum := sha256.Sum256([]byte(address))
	return name + "." + hex.EncodeToString(sum[:4]) + ".part"
}

// client is the caller's, with redirections held to the same rule as the
// address itself.
func (d Download) client() *http.Client {
	c := http.Client{}
	if d.Client != nil {
		c = *d.Client
	}
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("download: ten redirections")
		}
		return permitted(req.URL)
	}
	return &c
}

// transfer is a download at work.
type transfer struct {
	Download
	client      *http.Client
	part        string
	partial     partial
	hash        hash.Hash // of the bytes in part
	done        int64     // their number
	total       int64     // -1 unknown
	resumedFrom int64     // where the first request that was answered began
	answered    bool
}

// recall takes over what an earlier Run left, if it can be gone on with.
func (t *transfer) recall() error {
	b, err := os.ReadFile(t.part + ".json")
	if err == nil {
		err = json.Unmarshal(b, &t.partial)
	}
	if err != nil || t.partial.URL != t.URL || t.partial.Validator == "" {
		t.partial = partial{}
		return t.discard()
	}
	f, err := os.Open(t.part)
	if err != nil {
		t.partial = partial{}
		return t.discard()
	}
	t.done, err = io.Copy(t.hash, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("download: reading what has arrived: %w", err)
	}
	t.total = t.partial.Total
	return nil
}

// discard forgets what has arrived.
func (t *transfer) discard() error {
	t.done, t.total = 0, -1
	t.hash.Reset()
	for _, name := range []string{t.part, t.part + ".json"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("download: %w", err)
		}
	}
	return nil
}

// fetch makes requests until the file is complete.
func (t *transfer) fetch(ctx context.Context) error {
	wait := t.Wait
	if wait == nil {
		wait = pause
	}
	for idle := 0; ; {
		before := t.done
		err := t.request(ctx)
		if err == nil {
			return nil
		}
		var again transient
		if ctx.Err() != nil {
			return fmt.Errorf("download: %w", ctx.Err())
		}
		if !errors.As(err, &again) {
			return err
		}
		if idle++; t.done > before {
			idle = 1
		}
		if idle >= attempts {
			return fmt.Errorf("download: gave up after %d attempts; what has arrived is kept, and the same command goes on from there: %w", attempts, again.error)
		}
		if err := wait(ctx, idle); err != nil {
			return fmt.Errorf("download: %w", err)
		}
	}
}

// pause waits half a second, doubled with every attempt.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(min(time.Second/4<<attempt, 30*time.Second))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request asks for what is missing and appends it.
func (t *transfer) request(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL, nil)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	// One could not go on with a compressed answer.
	req.Header.Set("Accept-Encoding", "identity")
	if t.done > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.done))
		req.Header.Set("If-Range", t.partial.Validator)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		if ue := new(url.Error); errors.As(err, &ue) && ctx.Err() == nil && retriable(ue.Err) {
			return transient{err}
		}
		return fmt.Errorf("download: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	switch {
	case resp.StatusCode == http.StatusOK:
		// The whole file: the first answer, or the server's file has changed
		// since, or it knows no ranges.
		if err := t.discard(); err != nil {
			return err
		}
		t.total = resp.ContentLength
	case resp.StatusCode == http.StatusPartialContent && t.done > 0:
		start, total, err := contentRange(resp.Header.Get("Content-Range"))
		if err != nil || start != t.done {
			return t.anew(fmt.Errorf("download: %s answered with %q where byte %d was asked for", t.URL, resp.Header.Get("Content-Range"), t.done))
		}
		if total >= 0 {
			t.total = total
		}
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && t.done > 0:
		if _, total, err := contentRange(resp.Header.Get("Content-Range")); err == nil && total == t.done {
			return nil // everything had arrived already
		}
		return t.anew(&StatusError{t.URL, resp.StatusCode})
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return transient{&StatusError{t.URL, resp.StatusCode}}
	default:
		return &StatusError{t.URL, resp.StatusCode}
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && kind == "text/html" {
		return errors.Join(fmt.Errorf("download: %s is a web page, not a file: copy the address of its download button", t.URL), t.discard())
	}
	if !t.answered {
		t.answered, t.resumedFrom = true, t.done
	}
	if err := t.remember(resp.Header); err != nil {
		return err
	}
	return t.append(ctx, resp.Body)
}

// anew forgets what has arrived and tries once more from the beginning.
func (t *transfer) anew(err error) error {
	if e := t.discard(); e != nil {
		return e
	}
	return transient{err}
}

// retriable tells errors of the network from those that stay: a certificate
// that is not trusted, a redirection that is not allowed.
func retriable(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// remember writes down what is needed to go on. A weak ETag names no bytes and
// does not count.
func (t *transfer) remember(h http.Header) error {
	v := h.Get("ETag")
	if v == "" || strings.HasPrefix(v, "W/") {
		v = h.Get("Last-Modified")
	}
	p := partial{URL: t.URL, Validator: v, Total: t.total}
	if p == t.partial {
		return nil
	}
	t.partial = p
	b, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(t.part+".json", b, 0o644)
	}
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	return nil
}

// append adds the body to what has arrived.
func (t *transfer) append(ctx context.Context, body io.Reader) (err error) {
	// Written at its place, not at the end: should a second program fetch the
	// same file, both write the same bytes.
	f, err := os.OpenFile(t.part, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buf := make([]byte, 256<<10)
	for {
		n, rerr := body.Read(buf)
		if n > 0 {
			if _, err := f.WriteAt(buf[:n], t.done); err != nil {
				return fmt.Errorf("download: %w", err)
			}
			t.hash.Write(buf[:n]) // never fails
			t.done += int64(n)
			if t.Progress != nil {
				t.Progress(t.done, t.total)
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(rerr, io.EOF) && (t.total < 0 || t.done == t.total):
			if err := f.Sync(); err != nil {
				return fmt.Errorf("download: %w", err)
			}
			return nil
		case t.total >= 0 && t.done > t.total:
			return errors.Join(fmt.Errorf("download: %s sent more than the %d bytes that it announced", t.URL, t.total), t.discard())
		case errors.Is(rerr, io.EOF):
			return t.broken(io.ErrUnexpectedEOF)
		case rerr != nil:
			return t.broken(rerr)
		}
	}
}

// broken is a connection that ended early. Without a validator the rest could
// be the rest of another file, so the next attempt begins anew.
func (t *transfer) broken(err error) error {
	err = fmt.Errorf("the connection broke after %d bytes: %w", t.done, err)
	if t.partial.Validator == "" {
		return t.anew(err)
	}
	return transient{err}
}

// keep gives the complete file its name; a file of that name that is there
// already keeps it.
func (t *transfer) keep(name string) (string, error) {
	final := filepath.Join(t.Dir, name)
	ext := filepath.Ext(name)
	for i := 2; ; i++ {
		if _, err := os.Lstat(final); errors.Is(err, os.ErrNotExist) {
			break
		}
		final = filepath.Join(t.Dir, strings.TrimSuffix(name, ext)+"-"+strconv.Itoa(i)+ext)
	}
	if err := os.Rename(t.part, final); err != nil {
		return "", fmt.Errorf("download: %w", err)
	}
	if err := os.Remove(t.part + ".json"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("download: %w", err)
	}
	return final, nil
}

// contentRange reads "bytes 5-9/10" or "bytes */10"; total is -1 for "*".
func contentRange(s string) (start, total int64, err error) {
	bad := fmt.Errorf("download: Content-Range %q", s)
	rest, ok := strings.CutPrefix(s, "bytes ")
	if !ok {
		return 0, 0, bad
	}
	span, size, ok := strings.Cut(rest, "/")
	if !ok {
		return 0, 0, bad
	}
	total = -1
	if size != "*" {
		if total, err = strconv.ParseInt(size, 10, 64); err != nil || total < 0 {
			return 0, 0, bad
		}
	}
	if span == "*" {
		return 0, total, nil
	}
	from, _, ok := strings.Cut(span, "-")
	if !ok {
		return 0, 0, bad
	}
	if start, err = strconv.ParseInt(from, 10, 64); err != nil || start < 0 {
		return 0, 0, bad
	}
	return start, total, nil
}
