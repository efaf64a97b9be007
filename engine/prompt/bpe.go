package prompt

import "container/heap"

// symbol is a token of a piece that is being merged: a link of a list, so that
// a merge costs no moving.
type symbol struct {
	id         int64
	prev, next int // -1 at the ends
	gone       bool
}

// candidate is a pair that may merge: the symbol at and the one after it.
type candidate struct {
	rank int32
	id   int32
	at   int
}

// queue is a heap of candidates, the earliest merge first, from the left.
type queue []candidate

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].rank != q[j].rank {
		return q[i].rank < q[j].rank
	}
	return q[i].at < q[j].at
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(candidate)) } //nolint:forcetypeassert // only candidates are pushed
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// appendMerged appends the ids of a piece after all merges, in n log n of its
// length. Bytes that the vocabulary lacks become the unknown token.
func (t *Tokenizer) appendMerged(ids []int64, text string) []int64 {
	list := make([]symbol, len(text))
	for i := range len(text) {
		id := t.letter[text[i]]
		next := i + 1
		if next == len(text) {
			id, next = t.last[text[i]], -1
		}
		if id < 0 {
			id = t.unknown
		}
		list[i] = symbol{id: id, prev: i - 1, next: next}
	}
	var q queue
	for i := range list {
		if c, ok := t.candidate(list, i); ok {
			q = append(q, c)
		}
	}
	heap.Init(&q)
	for q.Len() > 0 {
		c := heap.Pop(&q).(candidate) //nolint:forcetypeassert // only candidates are pushed
		if now, ok := t.candidate(list, c.at); !ok || now.id != c.id {
			continue // one of the two has merged with another since
		}
		s := &list[c.at]
		right := &list[s.next]
		s.id, s.next = int64(c.id), right.next
		right.gone = true
		if s.next >= 0 {
			list[s.next].prev = c.at
		}
		for _, at := range [...]int{s.prev, c.at} {
			if n, ok := t.candidate(list, at); ok {
				heap.Push(&q, n)
			}
		}
	}
	for i := 0; i >= 0 && i < len(list); i = list[i].next {
		ids = append(ids, list[i].id)
	}
	return ids
}

// candidate returns the merge of the symbol at with the next one.
func (t *Tokenizer) candidate(list []symbol, at int) (candidate, bool) {
	if at < 0 || list[at].gone || list[at].next < 0 {
		return candidate{}, false
	}
	m, ok := t.merges[pairID(list[at].id, list[list[at].next].id)]
	return candidate{rank: m.rank, id: m.id, at: at}, ok
}
