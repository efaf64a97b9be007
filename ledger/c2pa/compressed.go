package c2pa

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"

	"github.com/selvage-studio/selvage/ledger/c2pa/jumbf"
)

// maxUnpacked is how long a packed manifest may be when it is unpacked, in bytes,
// as in c2pa-rs.
const maxUnpacked = 32 << 20

// unpack reads a manifest box that was packed with Brotli (C2PA 11.2.4).
func unpack(data []byte) (*jumbf.Box, error) {
	out, err := io.ReadAll(io.LimitReader(brotli.NewReader(bytes.NewReader(data)), maxUnpacked+1))
	if err != nil {
		return nil, fault(FaultVerify, "a packed manifest cannot be unpacked: %v", err)
	}
	if len(out) > maxUnpacked {
		return nil, fault(FaultVerify, "a packed manifest is longer than %d bytes", maxUnpacked)
	}
	box, err := jumbf.Parse(out)
	if err != nil {
		return nil, fault(FaultVerify, "a packed manifest is damaged: %v", err)
	}
	return box, nil
}
