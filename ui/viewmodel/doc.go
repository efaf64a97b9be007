// Package viewmodel holds what the studio's window shows, and nothing of how
// it is drawn: it imports neither Fyne nor anything with cgo, and its tests
// run without a display.
//
// Data runs one way. Services (the interfaces in services.go, which the
// application fills) report what they do as events; reduce turns a State and
// an event into the next State, which nobody changes afterwards; a Dispatcher
// tells the screen at most once per frame that there is a newer one. The
// screen calls methods of Studio, none of which waits for a model.
//
//	st := viewmodel.New(viewmodel.Services{Generator: g, Exporter: e}, viewmodel.SystemClock())
//	defer st.Close() // cancels what runs and waits for it
//	stop := st.Subscribe(dispatcher.Changed)
//	st.Edit(func(f *viewmodel.Form) { f.Prompt = "dense leaves" })
//	st.Generate()
//
// Results land among the candidates. Only Accept puts one on the canvas.
package viewmodel
