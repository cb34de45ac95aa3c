package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// lister finds the files behind paths, in order, and hands each to found, or the
// error of a path that can't be read. It stops at the first error that found
// returns, and returns it.
type lister struct {
	found     func(path string, err error) error
	stdinRead bool
}

func (l *lister) list(paths []string) error {
	for _, path := range paths {
		var err error
		switch {
		case path == Stdin && l.stdinRead:
			err = l.found(path, &PathError{"standard input", "is named twice", `give "-" once`, nil})
		case path == Stdin:
			l.stdinRead = true
			err = l.found(path, nil)
		default:
			err = listPath(path, l.found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func listPath(path string, found func(path string, err error) error) error {
	if path == "" {
		return found(path, &PathError{`""`, "is an empty path", "name a file or a folder", nil})
	}
	info, err := os.Stat(path)
	if err != nil {
		return found(path, pathError(path, err))
	}
	if !info.IsDir() {
		return found(path, nil) // pipes and devices too: they were named
	}
	f := folder{found: found, seen: map[string]bool{}}
	if err := f.walk(path); err != nil {
		return err
	}
	switch {
	case f.files > 0:
		return nil
	case f.skipped > 0:
		return found(path, &PathError{path, fmt.Sprintf("holds no log files, only %d with names that begin with a dot or end in .md", f.skipped), "name the folder that holds them, or the files themselves", nil})
	}
	return found(path, &PathError{path, "is an empty folder", "name the folder that holds the log files", nil})
}

// folder walks what is below one path.
type folder struct {
	found   func(path string, err error) error
	seen    map[string]bool // folders by their real paths: links may lead in circles
	files   int             // files, and what could not be read
	skipped int
}

func (f *folder) walk(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return f.emit(path, pathError(path, err))
	}
	if real, err = filepath.Abs(real); err != nil {
		return f.emit(path, pathError(path, err))
	}
	if f.seen[real] {
		return nil
	}
	f.seen[real] = true
	entries, err := os.ReadDir(path) // sorted
	for _, e := range entries {
		if err := f.entry(filepath.Join(path, e.Name()), e); err != nil {
			return err
		}
	}
	if err != nil {
		return f.emit(path, pathError(path, err))
	}
	return nil
}

func (f *folder) entry(path string, e fs.DirEntry) error {
	if strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), ".md") {
		f.skipped++
		return nil
	}
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		if err != nil {
			return f.emit(path, pathError(path, err))
		}
		mode = info.Mode().Type()
	}
	switch {
	case mode.IsDir():
		return f.walk(path)
	case mode.IsRegular():
		return f.emit(path, nil)
	}
	return f.emit(path, &PathError{path, "is no regular file", "name it by itself if it is to be read", nil})
}

func (f *folder) emit(path string, err error) error {
	f.files++
	return f.found(path, err)
}

// pathError explains an error of the file system.
func pathError(path string, err error) *PathError {
	e := &PathError{Path: path, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Problem, e.Remedy = "no such file or folder", "check the path"
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Remedy = "may not be read by this user", "run as a user who may, or grant it read access (folders also need execute access)"
	default:
		e.Problem, e.Remedy = "can't be read: "+withoutPath(err).Error(), "check the disk and the path, and try again"
	}
	return e
}

// readError explains an error in the middle of a file, whose position the
// scanner puts in front.
func readError(err error) error {
	return fmt.Errorf("%w; check the disk or the network, and try again", withoutPath(err))
}

func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
