package session

// Defaults is how a model runs where a request leaves it open.
type Defaults struct {
	Sampler  string
	Steps    int
	Guidance float64
	// Screens says that the model makes screens, which take a palette, and not
	// pictures.
	Screens bool
}

// Defaults reads off a model's configuration how it runs. Like Plan it loads
// no weights.
func (s *Session) Defaults(model string) (Defaults, error) {
	f, err := s.knownFacts(Request{Model: model})
	return Defaults{Sampler: f.sampler, Steps: f.steps, Guidance: f.guidance, Screens: f.screens}, err
}
