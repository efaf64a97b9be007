package cli

import (
	"github.com/selvage-studio/selvage/app/desktop"
	"github.com/selvage-studio/selvage/app/session"
)

func studioDeps(s *session.Session) desktop.Deps { return desktop.Studio(s) }
