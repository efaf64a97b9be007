package verify

import "context"

func (j *judge) stamps(ctx context.Context, l *log) error { return nil }
