package connect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// server gives a file and breaks the connection where breaks says.
type server struct {
	mu       sync.Mutex
	data     []byte
	etag     string
	noRanges bool
	noETag   bool
	breaks   []int // bytes after which the nth answer breaks off, 0 for not
	status   []int // status of the nth answer, 0 for the file
	lie      string
	kind     string
	asked    []string // the Range of every request
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.asked)
	s.asked = append(s.asked, r.Header.Get("Range"))
	if n < len(s.status) && s.status[n] != 0 {
		w.WriteHeader(s.status[n])
		return
	}
	if !s.noETag {
		w.Header().Set("ETag", s.etag)
	}
	kind := "application/octet-stream"
	if s.kind != "" {
		kind = s.kind
	}
	w.Header().Set("Content-Type", kind)
	if n < len(s.breaks) && s.breaks[n] > 0 {
		w = &breaking{ResponseWriter: w, left: s.breaks[n]}
	}
	if s.lie != "" && r.Header.Get("Range") != "" {
		w.Header().Set("Content-Range", s.lie)
		w.WriteHeader(http.StatusPartialContent)
		return
	}
	if s.noRanges {
		w.Header().Set("Content-Length", fmt.Sprint(len(s.data)))
		_, _ = w.Write(s.data) // the test breaks it on purpose
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.data))
}

// breaking ends the connection after some bytes of the body.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	n, err := b.ResponseWriter.Write(p[:min(len(p), b.left)])
	b.left -= n
	if err == nil && b.left == 0 {
		if f, ok := b.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func start(t *testing.T, s *server) (Download, *httptest.Server) {
	t.Helper()
	if s.data == nil {
		r := rand.New(rand.NewPCG(1, 2))
		s.data = make([]byte, 3_000_000)
		for i := range s.data {
			s.data[i] = byte(r.Uint32())
		}
	}
	if s.etag == "" {
		s.etag = `"one"`
	}
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // connections break here on purpose
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return Download{
		URL: srv.URL + "/models/some%20model.safetensors?download=true", Dir: filepath.Join(t.TempDir(), "d"), Client: srv.Client(),
		Wait: func(ctx context.Context, _ int) error { return ctx.Err() },
	}, srv
}

func check(t *testing.T, s *server, got Downloaded) {
	t.Helper()
	b, err := os.ReadFile(got.Path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(s.data)
	if !bytes.Equal(b, s.data) || got.SHA256 != hex.EncodeToString(sum[:]) || got.Size != int64(len(s.data)) {
		t.Errorf("%d bytes with SHA-256 %s, want %d with %x", len(b), got.SHA256, len(s.data), sum)
	}
	only(t, filepath.Dir(got.Path), filepath.Base(got.Path))
}

// only checks that a folder holds these files and nothing else.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, "|") != strings.Join(names, "|") {
		t.Errorf("the folder holds %q, want %q", have, names)
	}
}

func TestDownload(t *testing.T) {
	s := &server{}
	d, _ := start(t, s)
	var last, total int64
	d.Progress = func(done, n int64) {
		if done <= last {
			t.Errorf("progress %d after %d", done, last)
		}
		last, total = done, n
	}
	got, err := d.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	if filepath.Base(got.Path) != "some model.safetensors" || last != got.Size || total != got.Size || got.Resumed != 0 {
		t.Errorf("%+v, progress %d of %d", got, last, total)
	}
	// A file that is there keeps its name.
	again, err := d.withoutProgress().Run(context.Background())
	if err != nil || filepath.Base(again.Path) != "some model-2.safetensors" {
		t.Errorf("%+v %v", again, err)
	}
}

func (d Download) withoutProgress() Download {
	d.Progress = nil
	return d
}

// TestBreaks has the connection break at several places and checks that only
// what was missing is asked for.
func TestBreaks(t *testing.T) {
	s := &server{breaks: []int{1_000_000, 1, 700_000, 0}, status: []int{0, 0, 0, 503}}
	d, _ := start(t, s)
	got, err := d.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	want := "|bytes=1000000-|bytes=1000001-|bytes=1700001-|bytes=1700001-"
	if asked := strings.Join(s.asked, "|"); asked != want {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

// TestChanged has the server's file change while it is fetched: the rest of
// the new file must not be appended to the old one.
func TestChanged(t *testing.T) {
	s := &server{breaks: []int{1_000_000}}
	d, _ := start(t, s)
	d.Wait = func(context.Context, int) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.data = append([]byte("another file, "), s.data...)
		s.etag = `"two"`
		return nil
	}
	got, err := d.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	if len(s.asked) != 2 || s.asked[1] != "bytes=1000000-" {
		t.Errorf("asked for %q", s.asked)
	}
}

// TestNoWayToGoOn breaks connections to servers that know no ranges or name no
// version: the file is fetched from its beginning.
func TestNoWayToGoOn(t *testing.T) {
	for name, s := range map[string]*server{
		"no ranges":  {noRanges: true, breaks: []int{1_000_000}},
		"no etag":    {noETag: true, breaks: []int{1_000_000}},
		"weak etag":  {etag: `W/"weak"`, breaks: []int{1_000_000}},
		"a lie":      {lie: "bytes 5-9/10", breaks: []int{1_000_000}},
		"nonsense":   {lie: "something", breaks: []int{1_000_000}},
		"gone range": {breaks: []int{1_000_000}, status: []int{0, http.StatusRequestedRangeNotSatisfiable}},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := start(t, s)
			got, err := d.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			check(t, s, got)
		})
	}
}

// TestLaterRun ends a download and goes on in another one.
func TestLaterRun(t *testing.T) {
	s := &server{}
	d, _ := start(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	d.Progress = func(done, _ int64) {
		if done > 1_000_000 {
			cancel()
		}
	}
	if _, err := d.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	got, err := d.withoutProgress().Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	if got.Resumed <= 1_000_000 || s.asked[1] != fmt.Sprintf("bytes=%d-", got.Resumed) {
		t.Errorf("went on at %d, asked for %q", got.Resumed, s.asked)
	}
}

// TestLaterRunComplete goes on where everything had arrived but the name.
func TestLaterRunComplete(t *testing.T) {
	s := &server{}
	d, _ := start(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	d.Progress = func(done, total int64) {
		if done == total {
			cancel()
		}
	}
	if _, err := d.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	got, err := d.withoutProgress().Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	if len(s.asked) != 2 || s.asked[1] != fmt.Sprintf("bytes=%d-", len(s.data)) {
		t.Errorf("asked for %q", s.asked)
	}
}

// TestDamagedRest has what was left of an earlier run be unreadable.
func TestDamagedRest(t *testing.T) {
	s := &server{}
	d, _ := start(t, s)
	if err := os.MkdirAll(d.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(d.Dir, partName("some model.safetensors", d.URL))
	for name, b := range map[string]string{part: "old bytes", part + ".json": "{"} {
		if err := os.WriteFile(name, []byte(b), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
}

func TestHash(t *testing.T) {
	s := &server{}
	d, _ := start(t, s)
	d.SHA256 = strings.Repeat("ab", 32)
	var he *HashError
	if _, err := d.Run(context.Background()); !errors.As(err, &he) {
		t.Errorf("%v", err)
	}
	only(t, d.Dir)
	sum := sha256.Sum256(s.data)
	d.SHA256 = strings.ToUpper(hex.EncodeToString(sum[:]))
	got, err := d.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	for _, bad := range []string{"abc", "zz", "abcd"} {
		d.SHA256 = bad
		if _, err := d.Run(context.Background()); err == nil {
			t.Errorf("%q was taken for a hash", bad)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, status := range []int{401, 403, 404, 410, 418} {
		s := &server{status: []int{status}}
		d, _ := start(t, s)
		var se *StatusError
		if _, err := d.Run(context.Background()); !errors.As(err, &se) || se.Status != status || len(s.asked) != 1 {
			t.Errorf("%d: %v after %d requests", status, err, len(s.asked))
		}
		only(t, d.Dir)
	}
	s := &server{status: []int{500, 502, 503, 429, 500, 500, 500}}
	d, _ := start(t, s)
	var se *StatusError
	if _, err := d.Run(context.Background()); !errors.As(err, &se) || len(s.asked) != attempts {
		t.Errorf("%v after %d requests", err, len(s.asked))
	}
	page := &server{kind: "text/html; charset=utf-8"}
	d, _ = start(t, page)
	if _, err := d.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "web page") {
		t.Error(err)
	}
	only(t, d.Dir)
}

func TestAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://example.com/m.safetensors": true,
		"http://127.0.0.1:1/m.safetensors":  true,
		"http://[::1]/m.safetensors":        true,
		"http://localhost/m.safetensors":    true,
		"http://example.com/m.safetensors":  false,
		"http://localhost.example.com/m":    false,
		"http://127.0.0.1.example.com/m":    false,
		"ftp://example.com/m":               false,
		"file:///etc/passwd":                false,
		"https:///m":                        false,
		"https://me:secret@example.com/m":   false,
		"m.safetensors":                     false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		err = permitted(u)
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the message tells the password: %v", err)
		}
	}
}

// TestRedirections follows one that is allowed, and none to an address that
// would not be.
func TestRedirections(t *testing.T) {
	s := &server{}
	d, srv := start(t, s)
	hop := httptest.NewTLSServer(http.RedirectHandler(srv.URL+"/x", http.StatusFound))
	defer hop.Close()
	d.URL = hop.URL + "/m.safetensors"
	got, err := d.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, got)
	open := httptest.NewTLSServer(http.RedirectHandler("http://example.com/m", http.StatusFound))
	defer open.Close()
	d.URL = open.URL + "/m.safetensors"
	waits := 0
	d.Wait = func(context.Context, int) error { waits++; return nil }
	if _, err := d.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "not https") || waits != 0 {
		t.Errorf("%v after %d pauses", err, waits)
	}
}

// TestUntrusted gives a certificate that nobody vouches for.
func TestUntrusted(t *testing.T) {
	s := &server{}
	d, _ := start(t, s)
	d.Client = nil
	waits := 0
	d.Wait = func(context.Context, int) error { waits++; return nil }
	if _, err := d.Run(context.Background()); err == nil || waits != 0 || len(s.asked) != 0 {
		t.Errorf("%v after %d pauses and %d requests", err, waits, len(s.asked))
	}
}

// TestUnreachable gives up after some attempts.
func TestUnreachable(t *testing.T) {
	s := &server{}
	d, srv := start(t, s)
	srv.Close()
	waits := 0
	d.Wait = func(context.Context, int) error { waits++; return nil }
	if _, err := d.Run(context.Background()); err == nil || waits != attempts-1 {
		t.Errorf("%v after %d pauses", err, waits)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.Wait = func(ctx context.Context, _ int) error { cancel(); return ctx.Err() }
	if _, err := d.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFileNames(t *testing.T) {
	for address, want := range map[string]string{
		"https://h/a/b.safetensors?x=1":         "b.safetensors",
		"https://h/":                            "model",
		"https://h":                             "model",
		"https://h/a/..":                        "model",
		"https://h/a/.hidden":                   "hidden",
		"https://h/a%2F..%2Fb":                  "b",
		"https://h/c%3Aon%5Cx%00y":              "c_on_x_y",
		"https://h/" + strings.Repeat("n", 300): strings.Repeat("n", 200),
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := fileName(u); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-1/2", "bytes */5", "bytes 5-9/*", "", "bytes 9", "bytes -1-2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		start, total, err := contentRange(s)
		if err == nil && (start < 0 || total < -1) {
			t.Errorf("%q: %d of %d", s, start, total)
		}
	})
}
