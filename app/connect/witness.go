package connect

import (
	"io"
	"net/http"
	"strings"

	"github.com/selvage-studio/selvage/ledger/witness"
)

// Witnessing answers the requests of logs for cosignatures (C2SP tlog-witness).
func Witnessing(w *witness.Witness) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, witness.Path) {
			http.NotFound(rw, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, witness.MaxRequest))
		if err != nil {
			http.Error(rw, "the request is too long, or broke off", http.StatusBadRequest)
			return
		}
		a := w.Add(body)
		rw.Header().Set("Content-Type", a.Type)
		rw.WriteHeader(a.Status)
		// Whoever has gone meanwhile asks again.
		_, _ = rw.Write(a.Body)
	})
}
