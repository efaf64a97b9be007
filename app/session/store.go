package session

import (
	"context"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/ledger/blob"
)

// mostBlob is the largest content that is read whole: a 16 bit picture of 16384
// x 16384, not packed, with some room.
const mostBlob = 1<<31 + 1<<20

// content is a library's blobs as engine/edit asks for them.
type content struct{ blobs *blob.Store }

// Blob returns the content with that hash, verified.
func (c content) Blob(ctx context.Context, h edit.Hash) ([]byte, error) {
	return c.blobs.Get(ctx, blob.Hash(h), mostBlob)
}

// Put keeps data durably.
func (c content) Put(ctx context.Context, data []byte) (edit.Hash, error) {
	h, err := c.blobs.PutBytes(ctx, data)
	return edit.Hash(h), err
}
