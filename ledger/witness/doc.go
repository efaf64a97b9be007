// Package witness is both sides of C2SP tlog-witness: a log that asks for a cosignature, and
// somebody who gives it, because the log only grew since he saw it last.
//
//	q, err := witness.Ask(ctx, tiles, old, note)       // what is sent to the witness
//	…                                                  // app/connect carries it
//	note, err = witness.Judge(note, answer, who)       // the note with the cosignature
//
//	w := witness.New(folder, key, logs)                // another device of the studio's
//	answer := w.Add(ctx, body)
//
// A witness remembers the largest head of each log that it signed, on its own disk and
// before it answers. Whoever rolls a log back, or writes it anew, gets no cosignature
// from it any more, and the heads that carry one show what was there.
package witness
