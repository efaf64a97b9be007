package graph

// lifetimes follows the results of a graph from the node that makes each to the
// last one that reads it, to estimate how much memory a run takes beside its
// weights. Results that need none are left out: what follows from constants
// alone is computed while the graph is loaded, and a Reshape looks at the memory
// of its input.
type lifetimes struct {
	now   int
	spans []span
	index map[string]int // into spans, by name
}

type span struct {
	from, to int // nodes
	size     int64
}

func (l *lifetimes) start(v value, at int) {
	if l.index == nil {
		l.index = map[string]int{}
	}
	l.index[v.name] = len(l.spans)
	l.spans = append(l.spans, span{at, at, int64(v.len()) * v.typ.size()})
}

// input starts the life of an input of the graph.
func (l *lifetimes) input(v value) { l.start(v, 0) }

// node lets a node read its inputs and make its result.
func (l *lifetimes) node(op string, in []value, out value) {
	l.now++
	constant := true
	for _, v := range in {
		if i, ok := l.index[v.name]; ok {
			constant = false
			l.spans[i].to = l.now
		}
	}
	switch {
	case constant:
	case op == "Reshape" || op == "Identity":
		l.index[out.name] = l.index[in[0].name]
	default:
		l.start(out, l.now)
	}
}

// scratch is what the next node takes for itself, in bytes.
func (l *lifetimes) scratch(size int64) {
	l.spans = append(l.spans, span{l.now + 1, l.now + 1, size})
}

// keep makes a result live to the end: an output.
func (l *lifetimes) keep(name string) {
	if i, ok := l.index[name]; ok {
		l.spans[i].to = int(^uint(0) >> 1)
	}
}

// peak is the largest number of bytes that live at once.
func (l *lifetimes) peak() int64 {
	change := make([]int64, l.now+2)
	for _, s := range l.spans {
		change[s.from] += s.size
		if s.to < l.now {
			change[s.to+1] -= s.size
		}
	}
	var most, live int64
	for _, c := range change {
		live += c
		most = max(most, live)
	}
	return most
}
