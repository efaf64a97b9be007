package weights

func openSingle(s source, name string, o options) (*Model, error) {
	_, err := s.open(name)
	if err != nil {
		return nil, err
	}
	return nil, &UnsupportedError{File: s.full(name), Reason: "single files come next"}
}
