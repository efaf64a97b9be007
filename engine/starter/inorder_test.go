package starter_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/starter"
)

// TestTriesAreTakenInOrder: however many are made beside each other and whichever is ready
// first, the outcome is that of one after the other, and nothing runs on afterwards.
func TestTriesAreTakenInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tries, beside := rapid.IntRange(1, 9).Draw(t, "tries"), rapid.IntRange(1, 5).Draw(t, "beside")
		enough := rapid.IntRange(0, 9).Draw(t, "enough")
		fails := rapid.IntRange(0, 12).Draw(t, "fails")
		late := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8}).Draw(t, "late")
		var mu sync.Mutex
		running, most, last := 0, 0, -1
		broken := errors.New("broken")
		// A try that others have to wait for ends only when they have, or are not made at all.
		ended := make([]chan struct{}, tries)
		for i := range ended {
			ended[i] = make(chan struct{})
		}
		sample := func(ctx context.Context, try int, watch func(string)) (int, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() {
				mu.Lock()
				running--
				mu.Unlock()
				close(ended[try])
			}()
			watch("begun")
			if next := try + 1; try%2 == 0 && beside > 1 && next < tries && late[try]%2 == 0 {
				select {
				case <-ended[next]: // it is ready before this one
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}
			if try == fails {
				return 0, broken
			}
			return 10 * try, nil
		}
		var taken []int
		err := starter.InOrder(t.Context(), tries, beside, sample, func(try int, _ string) {
			if try < last {
				t.Errorf("try %d is told of after try %d", try, last)
			}
			last = try
		}, func(try, made int) bool {
			if made != 10*try {
				t.Errorf("try %d is that of %d", try, made)
			}
			taken = append(taken, try)
			return try == enough
		})
		var want []int
		for try := 0; try < tries && try != fails; try++ {
			want = append(want, try)
			if try == enough {
				break
			}
		}
		if !slices.Equal(taken, want) {
			t.Errorf("took %v, want %v", taken, want)
		}
		if failed := fails < tries && fails <= enough; errors.Is(err, broken) != failed {
			t.Errorf("ended with %v, fails at %d, enough at %d of %d", err, fails, enough, tries)
		}
		if running != 0 || most > min(beside, 4) {
			t.Errorf("%d run on, %d of %d ran beside each other", running, most, beside)
		}
	})
}
