package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer is a program that other people wrote, as a package with its version, which
// tests ask for its opinion. It lies in the user's cache, under
// selvage/peers/NAME-VERSION; the tests look there, and are skipped without it.
type peer struct {
	name, version string
	python        bool   // PyPI in a virtual environment; otherwise npm
	check         string // a file that is there when the peer is
	// lock is the folder under peers/ that pins everything that npm installs by hash;
	// without it the package brings whatever it asks for.
	lock string
}

//go:embed peers
var locks embed.FS

func peers() []peer {
	return []peer{
		{"c2pa-python", "0.38.1", true, filepath.Join("bin", "python"), ""},
		{"@trustnxt/c2pa-ts", "0.9.4", false, filepath.Join("node_modules", "@trustnxt", "c2pa-ts", "package.json"), ""},
		{"@digitalbazaar/vc", "7.3.0", false, filepath.Join("node_modules", "@digitalbazaar", "vc", "package.json"), "digitalbazaar-vc"},
	}
}

// dir is the peer's folder; the slash of a scoped npm package becomes a hyphen.
func (p peer) dir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	name := strings.ReplaceAll(strings.TrimPrefix(p.name, "@"), "/", "-")
	return filepath.Join(cache, "selvage", "peers", name+"-"+p.version), nil
}

// installPeers fetches the peers that are missing.
func installPeers(ctx context.Context) error {
	for _, p := range peers() {
		dir, err := p.dir()
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, p.check)); err == nil {
			continue
		}
		if err := p.install(ctx, dir); err != nil {
			_ = os.RemoveAll(dir)
			return fmt.Errorf("%s %s: %w", p.name, p.version, err)
		}
	}
	return nil
}

func (p peer) install(ctx context.Context, dir string) error {
	fmt.Fprintln(os.Stderr, "setup: installing", p.name, p.version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if !p.python {
		if _, err := exec.LookPath("npm"); err != nil {
			return errors.New("npm is missing; the tests that ask this peer are skipped until Node.js 20 or later is installed")
		}
	}
	if p.lock != "" {
		for _, name := range []string{"package.json", "package-lock.json"} {
			text, err := locks.ReadFile("peers/" + p.lock + "/" + name)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				return err
			}
		}
		return runPeer(ctx, dir, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	}
	if !p.python {
		return runPeer(ctx, dir, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir, p.name+"@"+p.version)
	}
	if err := runPeer(ctx, dir, "python3", "-m", "venv", dir); err != nil {
		return err
	}
	return runPeer(ctx, dir, filepath.Join(dir, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", p.name+"=="+p.version)
}

// runPeer runs an installer, with its talk on stderr.
func runPeer(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}
