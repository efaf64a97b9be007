package shell

import (
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"
	base "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"github.com/selvage-studio/selvage/ui/theme"
	"github.com/selvage-studio/selvage/ui/viewmodel"
	"github.com/selvage-studio/selvage/ui/widget"
)

// exportSheet asks where a pattern goes, and how it is written. It is a sheet
// of the studio's own, since a save dialog of the toolkit would open and so
// empty an old file before the new one is there.
type exportSheet struct {
	shell  *Shell
	folder string
	where  *widget.Line
	name   *widget.Entry
	format *widget.Select
	depth  *widget.Select
	clean  *widget.Check
	note   *widget.Note
	about  *widget.Note
	write  *widget.Button
	pop    *fynewidget.PopUp
}

const sheetWidth = 460

// formats are the endings that can be written.
func formats() []string { return []string{".png", ".tif"} }

func newExportSheet(s *Shell) *exportSheet {
	e := &exportSheet{shell: s}
	desk := &widget.Desk{}
	e.where = widget.NewSmall("", base.ColorNameForeground)
	e.where.Elide = true
	e.name = widget.NewEntry(desk, 1, "Name of the file", "")
	e.name.OnChanged = func(string) { e.judge() }
	e.name.OnSubmitted = func(string) { e.run() }
	e.name.Typed = func(k fyne.KeyName) bool {
		if k == fyne.KeyEscape {
			e.hide()
			return true
		}
		return false
	}
	e.format = widget.NewSelect(desk, "", []string{"PNG", "TIFF"}, func(int) { e.judge() })
	e.format.Display([]string{"PNG", "TIFF"}, 0)
	e.depth = widget.NewSelect(desk, "", []string{"8 bit", "16 bit"}, func(i int) {
		s.st.Edit(func(f *viewmodel.Form) { f.Export.Depth = 8 + 8*i })
	})
	e.clean = widget.NewCheck(desk, "Leave prompt and seed out of the file", "", func(on bool) {
		s.st.Edit(func(f *viewmodel.Form) { f.Export.Clean = on })
	})
	e.note, e.about = widget.NewNote(theme.Amber, sheetWidth), widget.NewNote(theme.Quiet, sheetWidth)
	e.write = widget.NewButton(desk, "Export", nil, "", e.run)
	e.write.Importance = fynewidget.HighImportance
	return e
}

func (e *exportSheet) shown() bool { return e.pop != nil && e.pop.Visible() }

func (e *exportSheet) open(st viewmodel.State) {
	if st.Canvas == nil {
		return
	}
	c := e.shell.win.Canvas()
	e.folder = e.shell.exportFolder()
	e.name.Force(viewmodel.FileName(st.Canvas.Result))
	e.update(st)
	r := st.Canvas.Result
	e.about.Set(viewmodel.Sentences(append([]string{r.Statement}, r.Warnings...)))
	width := canvas.NewRectangle(color.Transparent)
	width.SetMinSize(fyne.NewSize(sheetWidth, 1))
	change := widget.NewButton(&widget.Desk{}, "Folder…", nil, "", e.chooseFolder)
	cancel := widget.NewButton(&widget.Desk{}, "Cancel", nil, "", e.hide)
	content := container.NewVBox(width,
		widget.NewLine("Export the pattern", base.ColorNameForeground).Bold(),
		container.NewBorder(nil, nil, nil, e.format, e.name),
		container.NewBorder(nil, nil, nil, change, e.where),
		container.NewBorder(nil, nil, e.depth, nil, e.clean),
		e.about, e.note,
		container.NewHBox(layout.NewSpacer(), cancel, e.write),
	)
	e.judge()
	e.pop = fynewidget.NewPopUp(container.New(layout.NewCustomPaddedLayout(8, 8, 12, 12), content), c)
	e.pop.ShowAtPosition(fyne.NewPos((c.Size().Width-sheetWidth)/2-12, 84))
	c.Focus(e.name)
	e.name.TypedShortcut(&fyne.ShortcutSelectAll{})
}

func (e *exportSheet) hide() {
	if e.pop != nil {
		e.pop.Hide()
		e.pop = nil
	}
}

func (e *exportSheet) update(st viewmodel.State) {
	e.depth.Display([]string{"8 bit", "16 bit"}, st.Form.Export.Depth/8-1)
	e.clean.Display(st.Form.Export.Clean)
}

// path is what the sheet says at this moment, "" when no name was given.
func (e *exportSheet) path() string {
	n := strings.TrimSpace(e.name.Text)
	if n == "" {
		return ""
	}
	switch strings.ToLower(filepath.Ext(n)) {
	case ".png", ".tif", ".tiff":
	default:
		n += formats()[max(0, e.format.SelectedIndex())]
	}
	if filepath.IsAbs(n) {
		return n
	}
	return filepath.Join(e.folder, n)
}

// judge says where the file goes and what stands in its way.
func (e *exportSheet) judge() {
	p := e.path()
	e.where.Set(p, theme.Quiet)
	note := ""
	if p == "" {
		note = "Give the file a name."
	} else if st, err := os.Stat(p); err == nil && st.IsDir() {
		note = "There is a folder of this name; choose another."
	} else if err == nil {
		note = "A file of this name is there and will be replaced."
	}
	e.note.Set(note)
	e.write.Set("Export", fynewidget.HighImportance, p != "")
	if e.pop != nil {
		e.pop.Resize(e.pop.MinSize())
	}
}

func (e *exportSheet) chooseFolder() {
	// The sheet would lie over the dialog.
	e.hide()
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err != nil {
			e.shell.st.Report("The folder could not be opened", err)
		}
		if err == nil && u != nil {
			e.shell.app.Preferences().SetString(prefFolder, u.Path())
		}
		name := e.name.Text
		e.open(e.shell.st.State())
		e.name.SetText(name)
	}, e.shell.win)
	if at, err := storage.ListerForURI(storage.NewFileURI(e.folder)); err == nil {
		d.SetLocation(at)
	}
	d.Show()
}

func (e *exportSheet) run() {
	p := e.path()
	if p == "" {
		return
	}
	e.hide()
	e.shell.app.Preferences().SetString(prefFolder, filepath.Dir(p))
	e.shell.st.Export(p)
}
