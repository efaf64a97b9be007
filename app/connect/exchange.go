package connect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Exchange sends one body to an address and takes one answer: a question to a
// time-stamp authority (RFC 3161, section 3.4) or to a witness (C2SP tlog-witness).
// Nothing but the body is sent.
type Exchange struct {
	URL string // https, or http to this machine
	// Sends and Takes are media types; an answer of another type is refused, any is
	// taken where Takes is empty.
	Sends, Takes string
	// Limit is the most bytes of an answer, 0 is a mebibyte.
	Limit int64
	// Statuses beside 200 whose bodies are answers too.
	Statuses []int
	// Client makes the request; nil for a plain one.
	Client *http.Client
}

// answerTime is how long an authority may take.
const answerTime = time.Minute

// Answer is what came back.
type Answer struct {
	Status int
	Body   []byte
}

// Do sends the body. Errors are a *StatusError, that of ctx, or those of the network.
func (e Exchange) Do(ctx context.Context, body []byte) (a Answer, err error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return a, fmt.Errorf("%s is no address: %w", e.URL, err)
	}
	if err := permitted(u); err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return a, fmt.Errorf("%s: %w", e.URL, err)
	}
	req.Header.Set("Content-Type", e.Sends)
	res, err := Download{Client: e.Client}.client().Do(req)
	if err != nil {
		return a, fmt.Errorf("%s did not answer: %w", e.URL, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	a.Status = res.StatusCode
	if !e.expects(res.StatusCode) {
		return a, &StatusError{e.URL, res.StatusCode}
	}
	if got := res.Header.Get("Content-Type"); e.Takes != "" && res.StatusCode == http.StatusOK && got != e.Takes {
		return a, fmt.Errorf("%s answered with %.60q instead of %s; it may be another kind of service", e.URL, got, e.Takes)
	}
	limit := e.Limit
	if limit == 0 {
		limit = 1 << 20
	}
	if a.Body, err = io.ReadAll(io.LimitReader(res.Body, limit+1)); err != nil {
		return a, fmt.Errorf("%s broke off: %w", e.URL, err)
	}
	if int64(len(a.Body)) > limit {
		return a, fmt.Errorf("%s answered with more than %d bytes", e.URL, limit)
	}
	return a, nil
}

func (e Exchange) expects(status int) bool {
	for _, s := range append(e.Statuses, http.StatusOK) {
		if s == status {
			return true
		}
	}
	return false
}
