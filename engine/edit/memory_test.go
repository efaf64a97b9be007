package edit

import (
	"context"
	"fmt"
	"maps"
)

// memory is a Store and a Cache for tests. With fail set, Put number fail and all
// after it are refused, as on a full disk.
type memory struct {
	content map[Hash][]byte
	puts    int
	fail    int
}

func newMemory() *memory { return &memory{content: map[Hash][]byte{}} }

func (m *memory) Put(_ context.Context, data []byte) (Hash, error) {
	m.puts++
	if m.fail > 0 && m.puts >= m.fail {
		return Hash{}, fmt.Errorf("no space left on device")
	}
	h := HashOf(data)
	m.content[h] = append([]byte(nil), data...)
	return h, nil
}

func (m *memory) Blob(_ context.Context, h Hash) ([]byte, error) {
	data, found := m.content[h]
	if !found {
		return nil, fmt.Errorf("no blob %v", h)
	}
	return data, nil
}

func (m *memory) Has(_ context.Context, key Hash) (bool, error) {
	_, found := m.content[key]
	return found, nil
}

func (m *memory) Load(ctx context.Context, key Hash) ([]byte, error) { return m.Blob(ctx, key) }

func (m *memory) Keep(_ context.Context, key Hash, data []byte) error {
	m.content[key] = append([]byte(nil), data...)
	return nil
}

func (m *memory) clone() *memory { return &memory{content: maps.Clone(m.content)} }
