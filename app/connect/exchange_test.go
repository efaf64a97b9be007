package connect

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestExchange(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/echo":
			w.Header().Set("Content-Type", "application/timestamp-reply")
			_, _ = w.Write(append([]byte(r.Header.Get("Content-Type")+" "), body...))
		case "/conflict":
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "7")
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer s.Close()
	do := func(path string, e Exchange) (Answer, error) {
		e.URL, e.Client, e.Sends = s.URL+path, s.Client(), "application/timestamp-query"
		return e.Do(t.Context(), []byte("question"))
	}
	a, err := do("/echo", Exchange{Takes: "application/timestamp-reply"})
	if err != nil || string(a.Body) != "application/timestamp-query question" {
		t.Errorf("%s, %v", a.Body, err)
	}
	if _, err = do("/echo", Exchange{Takes: "text/plain"}); err == nil {
		t.Error("an answer of another type passes")
	}
	a, err = do("/conflict", Exchange{Statuses: []int{http.StatusConflict}})
	if err != nil || a.Status != http.StatusConflict || string(a.Body) != "7" {
		t.Errorf("%+v, %v", a, err)
	}
	var status *StatusError
	if _, err = do("/conflict", Exchange{}); !errors.As(err, &status) {
		t.Errorf("a status that is no answer passes: %v", err)
	}
	if _, err = do("/long", Exchange{Limit: 99}); err == nil {
		t.Error("an answer over the limit passes")
	}
	if _, err = do("/long", Exchange{Limit: 100}); err != nil {
		t.Error(err)
	}
	if _, err := (Exchange{URL: "http://tsa.example/"}).Do(t.Context(), nil); err == nil {
		t.Error("a question goes out that others could read")
	}
}
